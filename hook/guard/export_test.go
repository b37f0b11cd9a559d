package guard

// HooksInside is hooksInside for the tests.
var HooksInside = hooksInside
