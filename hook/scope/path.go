package scope

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"stopgate/hook/config"
	"stopgate/hook/lazyregexp"
)

var (
	lineNumbers = lazyregexp.New(`(?:#L[0-9]+(?:-L?[0-9]+)?|:[0-9]+(?:[-:][0-9]+)?)$`)
	escaped     = lazyregexp.New(`\\([*_\[\]{}~` + "`" + `-])`)
	windows     = lazyregexp.New(`^[\pL\pN_.@-]+(?:\\[\pL\pN_.@*-]+)*\\(?:\*\*|\*[\pL\pN_.]*|[\pL\pN_.@-]+)$`) // src\api\**
	bareFile    = lazyregexp.New(`^[\pL\pN_@+][\pL\pN_.@+~-]*\.([A-Za-z][A-Za-z0-9]{0,12})$`)
	dotFile     = lazyregexp.New(`^\.[A-Za-z][\pL\pN_.-]*$`)
	version     = lazyregexp.New(`^v?[0-9]+(?:\.[0-9]+)*(?:\.x)?$`)
)

// bareNames are files without an extension that need no slash to be known as files.
var bareNames = []string{
	"Makefile", "Dockerfile", "Containerfile", "Jenkinsfile", "Procfile", "Gemfile", "Rakefile", "Vagrantfile", "Justfile", "CODEOWNERS", "LICENSE", "README", "CHANGELOG", "Brewfile", "Podfile",
}

// extensions are those of files that a bare name like login.js certainly is.
var extensions = strings.Fields(`go js jsx ts tsx mjs cjs mts cts py pyi rb php java kt kts scala swift c h cc cpp cxx hh hpp m mm cs fs vb rs ex exs erl hs
	ml clj lua pl pm r jl dart zig nim sh bash zsh fish ps1 bat sql css scss sass less html htm vue svelte astro md mdx rst adoc txt json jsonc json5 yml yaml
	toml ini cfg conf env xml csv tsv proto graphql gql tf tfvars hcl lock mod sum gradle properties svg png jpg gif ipynb tmpl tpl j2 erb ejs hbs pug snap`)

// noFiles are words with a dot or a slash that name no file. In small letters.
var noFiles = strings.Fields(`node.js next.js vue.js nuxt.js express.js react.js three.js d3.js angular.js backbone.js ember.js nest.js chart.js alpine.js socket.io asp.net vb.net .net
	e.g i.e etc a.m p.m u.s
	and/or either/or n/a ci/cd i/o input/output read/write client/server request/response req/res ui/ux tcp/ip yes/no true/false on/off http/1 http/1.1 http/2 http/3 pass/fail
	frontend/backend backend/frontend front-end/back-end add/remove create/update get/set start/stop enable/disable he/she his/her 24/7 w/o w/ b/c`)

// domains are the endings of names of hosts rather than of files.
var domains = []string{"com", "org", "net", "io", "dev", "ai", "app"}

// wordKind is what a word of a text is.
type wordKind int

const (
	plainWord wordKind = iota
	pathWord
	brokenWord // it looks like a path and cannot be one
)

// readPath reads a word as a path. quoted means that it stood in quotes or backticks.
func readPath(word string, quoted bool) (entry, wordKind) {
	if word == "" || !strings.ContainsAny(word, "/\\*.") && !slices.Contains(bareNames, word) {
		return entry{}, plainWord
	}
	if strings.Contains(word, "://") || slices.Contains(noFiles, strings.ToLower(word)) || version().MatchString(word) {
		return entry{}, plainWord
	}
	if !strings.Contains(word, "/") && windows().MatchString(word) {
		word = strings.ReplaceAll(word, `\`, "/")
	}
	text := strings.TrimPrefix(lineNumbers().ReplaceAllString(escaped().ReplaceAllString(word, "$1"), ""), "@/")
	if !strings.Contains(text, "/") && strings.Contains(text, `\`) || strings.Contains(text, `\`) && !strings.ContainsAny(text, "[{") {
		text = strings.ReplaceAll(text, `\`, "/")
	}
	if len(text) > maxPath || !utf8.ValidString(text) || strings.ContainsRune(text, utf8.RuneError) || strings.ContainsAny(text, "<>$|\"`;=\\") || strings.HasPrefix(text, "~") || strings.ContainsFunc(text, unicode.IsControl) || !config.UsableGlob(text) {
		return entry{}, brokenWord
	}
	if strings.Contains(text, "..") && slices.Contains(strings.Split(text, "/"), "..") && !staysInside(text) {
		return entry{}, brokenWord
	}
	if strings.Trim(text, "./*") == "" {
		if strings.ContainsAny(text, "*/") || quoted {
			return entry{text: text}, pathWord // everything
		}
		return entry{}, plainWord // dots
	}
	p := entry{text: text}
	switch {
	case strings.Contains(text, "/"):
		last := text[strings.LastIndexByte(text, '/')+1:]
		plain := !strings.ContainsAny(text, "*?[{") && !strings.HasPrefix(text, "./") && last != "" && !strings.Contains(last, ".") && !strings.Contains("/"+text, "/.")
		p.doubtful = text[0] == '/' || plain && !quoted
	case strings.Contains(text, "*") || slices.Contains(bareNames, text):
	case dotFile().MatchString(text):
		p.doubtful = !quoted
	default:
		m := bareFile().FindStringSubmatch(text)
		if m == nil || slices.Contains(domains, strings.ToLower(m[1])) {
			return entry{}, plainWord
		}
		p.doubtful = !slices.Contains(extensions, strings.ToLower(m[1])) && !quoted
	}
	return p, pathWord
}

// staysInside reports whether a path with .. in it does not lead out of the folder that it is relative to.
func staysInside(text string) bool {
	depth, wild := 0, false
	for element := range strings.SplitSeq(text, "/") {
		switch {
		case element == "" || element == ".":
		case element == "..":
			if depth--; depth < 0 || wild {
				return false
			}
		default:
			wild = wild || strings.ContainsAny(element, "*?[{")
			depth++
		}
	}
	return !strings.HasPrefix(text, "/")
}
