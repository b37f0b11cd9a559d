//go:build !linux

package main

func hugePagesOffered() bool { return false }

func adviseHugePages([]byte) bool { return false }
