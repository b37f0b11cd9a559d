//go:build race

package main

// raceDetector tells whether these tests were built with it.
const raceDetector = true
