package status

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"stopgate/hook/worktree/disk"
	"stopgate/hook/worktree/gitdir"
	"stopgate/hook/worktree/ignore"
	"stopgate/hook/worktree/index"
	"stopgate/hook/worktree/object"
)

// A view has the entries of HEAD and of the index for some names at one moment.
type view struct {
	*Tree
	root     object.ID // the tree of HEAD; zero if the branch is unborn
	objects  *object.Store
	index    *index.File
	entries  map[string][]index.Entry // by name, up to one for each stage
	filled   map[string]bool          // directories with tracked files, named with a slash at the end
	same     bool                     // the index has the tree of HEAD
	rules    *ignore.Rules            // nil until an untracked file is met
	attrs    *ignore.Attributes       // nil until a tracked file is met
	nests    map[string]nest
	ruleFile ignore.ReadFunc
	huge     bool // huge files may be read, too
}

// newView reads HEAD and opens the index. An error is the reason why git has to be asked about everything.
func (t *Tree) newView() (*view, error) {
	v := &view{Tree: t, entries: map[string][]index.Entry{}, filled: map[string]bool{}, nests: map[string]nest{}, objects: object.Open(t.Place.CommonDir)}
	v.ruleFile = ignore.FromRoot(t.Disk.Root)
	err := t.Readable()
	if err == nil {
		_, v.root, err = t.HeadTree(v.objects)
	}
	if err == nil {
		v.index, err = index.Open(t.IndexPath())
	}
	if err != nil {
		v.close()
		return nil, err
	}
	return v, nil
}

func (v *view) close() {
	v.objects.Close()
	if v.index != nil {
		_ = v.index.Close() // only read
	}
}

// readManifest reads the whole index.
func (v *view) readManifest(ctx context.Context) (*index.Manifest, error) {
	m, err := index.ReadManifest(ctx, v.index, v.Settings.Sparse)
	if err != nil {
		return nil, err
	}
	v.entries, v.same = m.Rules, m.Tree.Valid && m.Tree.ID == v.root
	return m, nil
}

// readIndex reads the index entries of names, which are sorted. A name that ends in a slash is that of a directory: it is added to filled if it has
// tracked files.
func (v *view) readIndex(ctx context.Context, names []string) error {
	next, seen := 0, 0
	var stopped error
	from := func() string {
		if next == len(names) {
			return "\xff\xff\xff\xff\xff\xff\xff\xff"
		}
		return names[next]
	}
	tree, err := v.index.EachFrom(from, func(e *index.Entry) bool {
		if seen++; seen&(1<<10-1) == 0 && ctx.Err() != nil {
			stopped = fmt.Errorf("reading the index: %w", context.Cause(ctx))
			return false
		}
		for next < len(names) {
			order := compareName(e.Name, names[next])
			if order < 0 {
				break
			}
			if order == 0 {
				v.entries[names[next]] = append(v.entries[names[next]], e.Clone())
				break // other stages may follow
			}
			if dir := names[next]; strings.HasSuffix(dir, "/") && bytes.HasPrefix(e.Name, []byte(dir)) {
				v.filled[dir] = true
			}
			next++
		}
		return true
	})
	if stopped != nil {
		return stopped
	}
	v.same = err == nil && tree.Valid && tree.ID == v.root
	return err
}

// compareName compares a name in the index with another one, as bytes. Most names differ in the first byte.
func compareName(a []byte, b string) int {
	if len(a) > 0 && len(b) > 0 && a[0] != b[0] {
		return int(a[0]) - int(b[0])
	}
	switch { // these conversions copy nothing; one for strings.Compare would
	case string(a) < b:
		return -1
	case string(a) == b:
		return 0
	}
	return 1
}

// namesToFind returns the names whose index entries the looks need, sorted and without duplicates: their own names, those of the directories above,
// which may be submodules, and those of the .gitignore and .gitattributes files there. Git takes such a file from the index if the worktree does not
// have it.
func namesToFind(looks []*look) []string {
	known, above := map[string]bool{".gitignore": true, ".gitattributes": true}, map[string]bool{}
	for _, l := range looks {
		known[l.name] = true
		known[l.name+"/"] = true
		for dir := range object.Parents(l.name) {
			if above[dir] { // nearly all of them are: a hostile tree has many names below many directories
				continue
			}
			above[dir] = true
			known[dir] = true
			known[dir+"/"] = true
			known[dir+"/.gitignore"] = true
			known[dir+"/.gitattributes"] = true
		}
	}
	return slices.Sorted(maps.Keys(known))
}

// committed returns the file that HEAD has under a name; the zero File if there is none.
func (v *view) committed(name string) (object.File, error) {
	entries := v.entries[name]
	switch {
	case v.root.IsZero():
		return object.File{}, nil
	case !v.same || len(entries) > 0 && entries[0].Has(index.IntentToAdd):
		return v.objects.File(v.root, name)
	case len(entries) == 0:
		return object.File{}, nil
	}
	return entries[0].File(), nil
}

// ignored reports whether git ignores an untracked path.
func (v *view) ignored(name string, isDir bool) (bool, error) {
	if v.rules == nil {
		options := ignoreOptions(v.Tree)
		options.Read = v.readIgnore
		var err error
		if v.rules, err = ignore.New(options); err != nil {
			return false, err
		}
	}
	m, err := v.rules.Match(name, isDir)
	return m.Ignored(), err
}

// readIgnore returns the content of a .gitignore; nil if there is none. If a sparse checkout leaves the file out, the content is that in the index.
func (v *view) readIgnore(name string) ([]byte, error) {
	content, err := v.ruleFile(name)
	if content != nil || err != nil {
		return content, err
	}
	if e := v.entries[name]; len(e) == 1 && e[0].Has(index.SkipWorktree) {
		return v.blob(&e[0])
	}
	return nil, nil
}

// readAttributes returns the content of a .gitattributes; nil if there is none. If the worktree lacks the file, the content is that in the index.
func (v *view) readAttributes(name string) ([]byte, error) {
	content, err := v.ruleFile(name)
	if content != nil || err != nil {
		return content, err
	}
	switch e := v.entries[name]; {
	case len(e) == 0:
		return nil, nil
	case len(e) == 1:
		content, err := v.blob(&e[0])
		return ignore.AttributesBlob(content), err
	}
	return nil, fmt.Errorf("%s is unmerged", name)
}

func (v *view) blob(e *index.Entry) ([]byte, error) {
	if e.Mode()&object.ModeType != object.ModeRegular&object.ModeType {
		return nil, fmt.Errorf("%s is in the index, and no file", e.Name)
	}
	return v.objects.Blob(e.ID())
}

// A conversion says what may make the content of a file differ from its blob: line endings, ident, or a driver, which is a filter or a
// working-tree-encoding.
type conversion struct{ lineEndings, ident, driver bool }

// conversion returns how git may convert the file before it stores or compares it (gitattributes(5)).
func (v *view) conversion(name string) (conversion, error) {
	if v.attrs == nil {
		attrs, err := ignore.NewAttributes(ignore.AttributeOptions{
			Read:           v.readAttributes,
			Info:           filepath.Join(v.Place.CommonDir, "info", "attributes"),
			AttributesFile: v.Settings.AttributesFile,
			System:         v.Settings.SystemAttributes,
			IgnoreCase:     v.Settings.IgnoreCase,
		})
		if err != nil {
			return conversion{}, err
		}
		v.attrs = attrs
	}
	c, err := v.attrs.Conversion(name)
	if err != nil {
		return conversion{}, err
	}
	return conversion{
		lineEndings: c.LineEndings(v.Settings.AutoCRLF),
		ident:       c.Ident.State == ignore.Set,
		driver: c.WorkingTreeEncoding.State == ignore.HasValue ||
			c.Filter.State == ignore.HasValue && v.Settings.Filters[c.Filter.Value],
	}, nil
}

// keeps reports whether git stores the content as it is.
func (k conversion) keeps(c disk.Content) bool {
	return !k.driver && !(k.lineEndings && c.Cr) && !(k.ident && c.ID)
}

// A nest says whether a directory is the top of another repository.
type nest int

const (
	nestNo nest = iota + 1
	nestYes
	nestUnclear // only git can decide
)

// nest returns whether a directory below the root is the top of another repository. A directory with tracked files belongs to this worktree, even if
// it is also a repository.
func (v *view) nest(dir string) nest {
	if v.filled[dir+"/"] {
		return nestNo
	}
	n, found := v.nests[dir]
	if !found {
		n = v.nestAt(dir)
		v.nests[dir] = n
	}
	return n
}

// nestAt is nest without regard to the index.
func (v *view) nestAt(dir string) nest {
	e, err := v.Disk.Entry(dir + "/.git")
	switch {
	case err != nil:
		return nestUnclear
	case e.Info == nil:
		return nestNo
	}
	gitDir, err := gitdir.Find(filepath.Join(v.Place.Root, filepath.FromSlash(dir)))
	if err != nil || gitDir == "" || gitDir == v.Place.GitDir || gitDir == v.Place.CommonDir {
		return nestUnclear
	}
	return nestYes
}

// nestedIn returns the topmost directory above name that is another repository or a submodule; "" if there is none. unclear means that only git can
// decide whether dir is one.
func (v *view) nestedIn(name string) (dir string, unclear bool) {
	for dir := range object.Parents(name) {
		if e := v.entries[dir]; len(e) > 0 && e[0].Mode() == object.ModeSubmodule {
			return dir, false
		}
		switch v.nest(dir) {
		case nestYes:
			return dir, false
		case nestUnclear:
			return dir, true
		}
	}
	return "", false
}
