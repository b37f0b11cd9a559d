package style

// Choice is choice for the tests.
var Choice = choice
