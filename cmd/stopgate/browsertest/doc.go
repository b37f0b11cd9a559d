// Package browsertest reads the page of the program in Debian's Chromium, as a person would: with the mouse, with the keyboard, and with axe-core
// for those who do neither. It is a package of its own, so that the program links nothing of it.
package browsertest
