package judge

// Fingerprint is fingerprint for the tests.
var Fingerprint = fingerprint
