package dataset

import (
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// shardName is the name of one of several files, and what may come after it: "train-00003-of-00010.tfrecord.gz".
var shardName = regexp.MustCompile(`^(.*)-(\d{5,})-of-(\d{5,})([^/]*)$`)

// shards finds the files that pattern names: a file, all record files of a folder, a pattern as of filepath.Match, or
// what comes before "-00000-of-00010", itself or with an extension. Shards of a folder or by what comes before must all be there; by what
// comes before they are those of one set.
func shards(pattern string) ([]string, error) {
	st, err := os.Stat(pattern)
	switch {
	case err == nil && st.Mode().IsRegular():
		return []string{pattern}, nil
	case err == nil:
		entries, err := os.ReadDir(pattern)
		if err != nil {
			return nil, &FileError{File: pattern, Err: err}
		}
		var files []string
		for _, e := range entries {
			if !e.IsDir() && isRecordFile(e.Name()) {
				files = append(files, filepath.Join(pattern, e.Name()))
			}
		}
		if len(files) == 0 {
			return nil, broken(pattern, 0, "tfrecord", "want files *.tfrecord, or *-00000-of-00010 and so on, got none")
		}
		return files, complete(files)
	case !errors.Is(err, os.ErrNotExist):
		return nil, &FileError{File: pattern, Err: err}
	case strings.ContainsAny(pattern, "*?["):
		files, err := filepath.Glob(pattern)
		if err != nil {
			return nil, &FileError{File: pattern, Err: err}
		}
		files = slices.DeleteFunc(files, func(f string) bool { st, err := os.Stat(f); return err != nil || !st.Mode().IsRegular() })
		if len(files) == 0 {
			return nil, &FileError{File: pattern, Err: os.ErrNotExist}
		}
		slices.Sort(files)
		return files, nil
	}
	entries, err := os.ReadDir(filepath.Dir(pattern))
	if err != nil {
		return nil, &FileError{File: pattern, Err: err}
	}
	var files, groups []string
	for _, e := range entries { // which are sorted
		m := shardName.FindStringSubmatch(e.Name())
		if m == nil || e.IsDir() || m[1] != filepath.Base(pattern) && strings.TrimSuffix(m[1], filepath.Ext(m[1])) != filepath.Base(pattern) {
			continue
		}
		files = append(files, filepath.Join(filepath.Dir(pattern), e.Name()))
		if g := m[1] + "-*" + m[4]; !slices.Contains(groups, g) {
			groups = append(groups, g)
		}
	}
	if len(files) == 0 {
		return nil, &FileError{File: pattern, Err: os.ErrNotExist}
	}
	if len(groups) > 1 {
		return nil, broken(pattern, 0, "tfrecord", "want the shards of one set, got those of %s", strings.Join(groups, ", "))
	}
	return files, complete(files)
}

func isRecordFile(name string) bool {
	if strings.HasPrefix(name, ".") {
		return false
	}
	for _, ext := range []string{".gz", ".zlib"} {
		name = strings.TrimSuffix(name, ext)
	}
	switch filepath.Ext(name) {
	case ".tfrecord", ".tfrecords", ".record", ".tfrec":
		return true
	}
	return shardName.MatchString(name) && !strings.HasSuffix(name, ".json") && !strings.HasSuffix(name, ".txt")
}

// complete refuses files of a set of which some are missing, or of which several numbers are told.
func complete(files []string) error {
	type group struct{ before, after string }
	seen := map[group][]string{} // the shards of each, in order
	total := map[group]int{}
	for _, f := range files {
		m := shardName.FindStringSubmatch(filepath.ToSlash(f))
		if m == nil {
			continue
		}
		g := group{m[1], m[4]}
		n, err := strconv.Atoi(m[3])
		if err != nil || total[g] != 0 && total[g] != n {
			return broken(f, 0, "tfrecord", "want one of %d files, got one of %s", total[g], m[3])
		}
		total[g] = n
		if i, err := strconv.Atoi(m[2]); err != nil || i != len(seen[g]) {
			return broken(f, 0, "tfrecord", "want %s-%05d-of-%05d%s before it, got none", m[1], len(seen[g]), n, m[4])
		}
		seen[g] = append(seen[g], f)
	}
	for g, have := range seen {
		if len(have) != total[g] {
			return broken(have[len(have)-1], 0, "tfrecord", "want %d files %s-*%s, got %d", total[g], g.before, g.after, len(have))
		}
	}
	return nil
}

// partWords are what the names of files call the parts of a set, the best first.
func partWords() map[string][]string {
	return map[string][]string{"train": {"train", "training"}, "valid": {"val", "valid", "validation", "test", "testing", "eval"}}
}

// partOf finds the word of a part in a file's name.
func partOf(file, part string) (rank int, ok bool) {
	words := strings.FieldsFunc(strings.ToLower(filepath.Base(file)), func(r rune) bool { return r < 'a' || r > 'z' })
	for i, w := range partWords()[part] {
		if slices.Contains(words, w) {
			return i, true
		}
	}
	return 0, false
}
