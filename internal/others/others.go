// Package others finds the other programs that read what ours writes, for tests. They are looked for in the folders of
// BLOTTER_READERS and on the PATH; CONTRIBUTING.md says how to get them. A test that needs one which is not there is skipped.
package others

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// Program is the path of a program.
func Program(t testing.TB, name string) string {
	t.Helper()
	for _, dir := range filepath.SplitList(os.Getenv("BLOTTER_READERS")) {
		if path, err := exec.LookPath(filepath.Join(dir, name)); err == nil {
			return path
		}
	}
	path, err := exec.LookPath(name)
	if err != nil {
		t.Skipf("%s is not installed; CONTRIBUTING.md says how to get it", name)
	}
	return path
}

// Python is the path of a python3 that has a module.
func Python(t testing.TB, module string) string {
	t.Helper()
	path := Program(t, "python3")
	if exec.Command(path, "-c", "import "+module).Run() != nil {
		t.Skipf("python3 has no module %s; CONTRIBUTING.md says how to get it", module)
	}
	return path
}
