package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"blotter/classify"
	"blotter/configs"
	"blotter/internal/strict"
)

// rulePack is a pack and the place of its files.
type rulePack struct {
	*classify.Pack
	dir  string // its folder; "rules" for the built-in one
	only string // the file that was named, as in Rule.File, or ""
}

// rulePack reads the rules of a place: a folder of rules, a configuration folder, a file of such a folder, or, for
// "", the configuration at hand. Examples are not run: rules that are being written are to be looked at, right or
// wrong.
func (a *app) rulePack(place string) (*rulePack, error) {
	if place == "" {
		c, err := a.config()
		if err != nil {
			return nil, err
		}
		return parseRules(c.Rules, configuredRules(c))
	}
	dir, only := place, ""
	info, err := os.Stat(place)
	if err != nil {
		return nil, fmt.Errorf("rules: %w", err)
	}
	if !info.IsDir() {
		if filepath.Ext(place) != ".yaml" {
			return nil, fmt.Errorf("rules %s: not a *.yaml file", place)
		}
		dir, only = filepath.Dir(place), "rules/"+filepath.Base(place)
	} else if inner, err := os.Stat(filepath.Join(place, "rules")); err == nil && inner.IsDir() {
		dir = filepath.Join(place, "rules")
	}
	if other, _ := filepath.Glob(filepath.Join(dir, "*.yml")); len(other) > 0 {
		return nil, strict.Faults{{File: other[0], Msg: "is not read; files here are named *.yaml"}}
	}
	p, err := parseRules(os.DirFS(dir), dir)
	if err != nil {
		return nil, err
	}
	p.only = only
	return p, nil
}

// configuredRules is the folder of a configuration's rules.
func configuredRules(c *configs.Config) string { return filepath.Join(c.Dir, "rules") }

func parseRules(files fs.FS, dir string) (*rulePack, error) {
	p, err := classify.Parse(files)
	var faults strict.Faults
	if errors.As(err, &faults) {
		for i := range faults {
			faults[i].File = placeOf(dir, faults[i].File)
			// "is taken by the rule in rules/a.yaml"
			faults[i].Msg = strings.Replace(faults[i].Msg, " in rules/", " in "+filepath.ToSlash(dir)+"/", 1)
		}
		return nil, faults
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", dir, err)
	}
	return &rulePack{Pack: p, dir: dir}, nil
}

// placeOf turns the name that classify gives a file into one that an editor can open.
func placeOf(dir, file string) string {
	if file == "rules" {
		return dir
	}
	return filepath.Join(dir, strings.TrimPrefix(file, "rules/"))
}

// place is the path of a rule's file.
func (p *rulePack) place(file string) string { return placeOf(p.dir, file) }

// has says that a file is among what was named.
func (p *rulePack) has(file string) bool { return p.only == "" || p.only == file }

// keeps refuses a pack with an example that comes out wrong: it does not say what its author thinks, and tags
// nothing.
func keeps(p *classify.Pack) error {
	var wrong []error
	for _, f := range p.Test() {
		should := "should not match, and does"
		if f.Want {
			should = "should match, and does not"
		}
		wrong = append(wrong, fmt.Errorf("rule %s: an example %s: %q", f.Rule, should, f.Text))
	}
	return errors.Join(wrong...)
}

// goodPack is rulePack for commands that tag.
func (a *app) goodPack(place string) (*rulePack, error) {
	p, err := a.rulePack(place)
	if err != nil {
		return nil, err
	}
	return p, keeps(p.Pack)
}

// completeRules completes the ids of the rules.
func (a *app) completeRules(place *string) cobra.CompletionFunc {
	return func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		p, err := a.rulePack(*place)
		if err != nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		var ids []string
		for _, r := range p.Rules() {
			ids = append(ids, r.ID+"\t"+r.Title)
		}
		return ids, cobra.ShellCompDirectiveNoFileComp
	}
}
