package index

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Bleve writes a checksum at the end of each segment file and never looks at it: a damaged segment opens, and then
// gives wrong answers or panics. Segment files never change, so each is read through once and then remembered by
// its name, size and time in the file "checked"; what a process has written itself it notes down when it closes the
// index. An opening so costs a look at the folder, and after a crash or a repair of the disk a read of the new files.
//
// The small file root.bolt, which says what segments there are, does change. Its checksum is noted when the index is
// closed and struck out when it is opened: where one is noted, nobody has had a reason to write since. This matters
// because Bleve reads it through a mapping of memory, where one that was cut ends the process.

const rootFile = "root.bolt"

// checkStore looks at the files of the store before Bleve does, and says whether Bleve may. It also names the segments
// that are not as they were written, after a crash: those that it has left half-written are among these, and are gone
// when Bleve has opened the store, for no snapshot holds them.
//
// After a proper end every file must be there and sound. Bleve itself would go back to an older snapshot when a
// segment is missing, number its new snapshots below the broken ones, and lose them when it is next opened.
func checkStore(dir string, readOnly bool) (sound bool, bad []string, err error) {
	text, err := os.ReadFile(filepath.Join(dir, checkedFile))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return false, nil, fmt.Errorf("index: %w", err)
	}
	list, err := listSegments(dir)
	if err != nil {
		return false, nil, err
	}
	known := make(map[string]bool)
	root, missing := "", false
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSuffix(line, "\n")
		known[line] = true
		name, _, _ := strings.Cut(line, " ")
		if name == rootFile {
			root = line
		} else if _, ok := list[name]; !ok {
			missing = true
		}
	}
	for name, line := range list {
		if known[line] {
			continue
		}
		path := filepath.Join(dir, storeDir, name)
		sound, err := checkSegment(path)
		if err != nil {
			return false, nil, fmt.Errorf("index: %w", err)
		}
		if !sound {
			bad = append(bad, path)
		}
	}
	if root == "" {
		return true, bad, nil // after a crash, when files come and go
	}
	if now, err := checksumOfRoot(dir); err != nil || now != root || missing || len(bad) > 0 {
		return false, nil, nil
	}
	if readOnly {
		return true, nil, nil
	}
	rest := strings.Replace(string(text), root+"\n", "", 1)
	if err := writeChecked(dir, rest); err != nil {
		return false, nil, fmt.Errorf("index: %w", err)
	}
	return true, nil, nil
}

// noteStore remembers the files of a store that was closed as sound.
func noteStore(dir string) error {
	list, err := listSegments(dir)
	if err != nil {
		return err
	}
	root, err := checksumOfRoot(dir)
	if err != nil {
		return err
	}
	var b strings.Builder
	b.WriteString(root + "\n")
	for _, line := range list {
		b.WriteString(line + "\n")
	}
	return writeChecked(dir, b.String())
}

// writeChecked writes the file "checked" so that it is the old or the new one, whenever the process ends.
func writeChecked(dir, text string) error {
	path := filepath.Join(dir, checkedFile)
	if err := os.WriteFile(path+".new", []byte(text), 0o600); err != nil {
		return err
	}
	return os.Rename(path+".new", path)
}

// checksumOfRoot gives the line in the file "checked" of root.bolt.
func checksumOfRoot(dir string) (string, error) {
	data, err := os.ReadFile(filepath.Join(dir, storeDir, rootFile))
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("%s %d %08x", rootFile, len(data), crc32.ChecksumIEEE(data)), nil
}

// listSegments gives the line in the file "checked" of each segment file.
func listSegments(dir string) (map[string]string, error) {
	entries, err := os.ReadDir(filepath.Join(dir, storeDir))
	if err != nil {
		return nil, fmt.Errorf("index: %w", err)
	}
	list := make(map[string]string)
	for _, e := range entries {
		if filepath.Ext(e.Name()) != ".zap" || !e.Type().IsRegular() {
			continue
		}
		info, err := e.Info()
		if err != nil {
			return nil, fmt.Errorf("index: %w", err)
		}
		list[e.Name()] = fmt.Sprintf("%s %d %d", e.Name(), info.Size(), info.ModTime().UnixNano())
	}
	return list, nil
}

// checkSegment compares the last four bytes of a file, big-endian, with the CRC-32 of all before them.
func checkSegment(path string) (sound bool, err error) {
	f, err := os.Open(path)
	if err != nil {
		return false, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return false, err
	}
	var want [crc32.Size]byte
	n := info.Size() - crc32.Size
	if n < 0 {
		return false, nil
	}
	if _, err := f.ReadAt(want[:], n); err != nil {
		return false, err
	}
	sum := crc32.NewIEEE()
	if _, err := io.CopyN(sum, f, n); err != nil {
		return false, err
	}
	return sum.Sum32() == binary.BigEndian.Uint32(want[:]), nil
}
