package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"blotter/archive"
	"blotter/configs"
)

func backupCommand(a *app) *cobra.Command {
	var keep int
	cmd := &cobra.Command{
		Use:   "backup PATH",
		Short: "Copy archive and configuration to another folder, also while they are in use",
		Long: `Copy the data folder into a new folder PATH/blotter-DATE, as it is at one moment, while a run or a daemon goes on: the
database, the WARC files and the files of the configuration, with a manifest that holds the digest of each. Every record
that is copied is compared with what the database says of it. The index is not copied, since it is made of the rest.

WARC files that are full and have not changed since the backup before in PATH are linked from there and take no room, so
that one every night is cheap. The folder gets its name only when it is whole; Ctrl-C leaves nothing. --keep removes
older backups of the same archive when the new one is whole, and no other. What is forgotten later stays in the backups
made before: with --keep 14 it is gone from them after 14 nights.

Exit code 1 also when the backup is made but the archive has damaged records: they are named, and no older backup is
removed.`,
		Example: "  blotter backup /mnt/backup\n  blotter backup /mnt/backup --keep 14 --quiet",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if keep < 0 {
				return usagef("--keep %d: at least 1, or 0 to remove none", keep)
			}
			c, err := a.ownConfig()
			if err != nil {
				return err
			}
			return a.backup(cmd.Context(), c, args[0], keep)
		},
	}
	cmd.Flags().IntVar(&keep, "keep", 0, "remove older backups of this archive, so that so many are left (default: remove none)")
	return cmd
}

// backupJSON is what backup and restore print for machines.
type backupJSON struct {
	Path     string   `json:"path"`
	Made     string   `json:"made"`
	Software string   `json:"software"`
	Archive  string   `json:"archive"`
	Schema   int      `json:"schema"`
	Seq      int64    `json:"seq"`
	Articles int      `json:"articles"`
	Captures int      `json:"captures"`
	Files    int      `json:"files"`
	Bytes    int64    `json:"bytes"`
	Linked   int64    `json:"linked"` // bytes that take no further room
	Config   bool     `json:"config"`
	Damaged  []string `json:"damaged"` // what was wrong with the archive's WARC files
	Removed  []string `json:"removed"` // older backups
}

func asBackupJSON(b *archive.Backup) backupJSON {
	j := backupJSON{Path: b.Dir, Made: b.Made.Format(time.RFC3339), Software: b.Software, Archive: b.Archive, Schema: b.Schema, Seq: b.Seq,
		Articles: b.Articles, Captures: b.Captures, Files: len(b.Files), Bytes: b.Bytes(), Linked: b.Linked, Config: b.HasConfig(),
		Damaged: []string{}, Removed: []string{}}
	j.Damaged, j.Removed = append(j.Damaged, b.Damaged...), append(j.Removed, b.Removed...)
	return j
}

func (a *app) backup(ctx context.Context, c *configs.Config, to string, keep int) (err error) {
	o := archive.BackupOptions{Software: "blotter " + version, Keep: keep}
	if c.Dir != "" {
		if o.Config, err = configs.Files(c.Dir); err != nil {
			return err
		}
	}
	arc, err := archive.OpenReadOnly(c.DataDir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, arc.Close()) }()
	doing, stop := a.bytesProgress()
	defer stop()
	o.Doing = doing
	b, err := arc.Backup(ctx, to, o)
	stop()
	if err != nil {
		return err
	}
	if asked, err := forMachines(a, asBackupJSON(&b), []backupJSON{asBackupJSON(&b)}); asked || err != nil {
		return errors.Join(err, damagedBackup(&b))
	}
	fmt.Fprintf(a.stdout, "backup    %s: %s, %s, %s in %s%s\n", b.Dir, plural(b.Articles, "article"), plural(b.Captures, "capture"),
		megabytes(b.Bytes()), plural(len(b.Files), "file"), linkedText(b.Linked))
	for _, dir := range b.Removed {
		fmt.Fprintf(a.stdout, "removed   %s\n", dir)
	}
	for _, what := range b.Damaged {
		fmt.Fprintf(a.stdout, "damaged   %s\n", plain(what))
	}
	if len(b.Damaged) > 0 {
		fmt.Fprintf(a.stdout, "          → blotter repair says what can be mended; the backups made before are kept\n")
	}
	return damagedBackup(&b)
}

// damagedBackup is errSaid for a backup that holds damage.
func damagedBackup(b *archive.Backup) error {
	if len(b.Damaged) > 0 {
		return errSaid
	}
	return nil
}

func linkedText(linked int64) string {
	if linked == 0 {
		return ""
	}
	return ", of which " + megabytes(linked) + " are those of the backup before"
}

func megabytes(n int64) string { return fmt.Sprintf("%.1f MB", float64(n)/1e6) }

// bytesProgress reports work that is measured in bytes, or in whatever else is counted towards a total.
func (a *app) bytesProgress() (doing func(what string, done, total int64), stop func()) {
	return a.doingProgress(func(what string, done, total int64) string {
		if total > 0 {
			return fmt.Sprintf("%s, %d of %d MB", what, done/1e6, total/1e6)
		}
		return what
	})
}

func restoreCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "restore PATH",
		Short: "Make a data folder of a backup",
		Long: `Make a data folder of the backup PATH, or of the latest one in PATH. Every file is compared with its digest before anything
is written, and the data folder must be empty or not there. The configuration is put back only when --config names a
folder that has none of its files yet. The index is built by the next 'blotter update'.

Restoring an older backup brings back what was forgotten since: forget it again.`,
		Example: `  blotter restore /mnt/backup --data data
  blotter restore /mnt/backup/blotter-20260430T020000Z --data /srv/blotter/data --config /srv/blotter`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return a.restore(cmd.Context(), args[0]) },
	}
}

func (a *app) restore(ctx context.Context, path string) error {
	b, err := archive.ReadBackup(path)
	if err != nil {
		return err
	}
	data := a.dataDir
	if data == "" && a.configDir != "" {
		data = filepath.Join(a.configDir, "data")
	}
	if data == "" {
		return usagef("--data names no folder: where is the archive to be put?")
	}
	doing, stop := a.bytesProgress()
	defer stop()
	if err := archive.Restore(ctx, b, data, archive.RestoreOptions{Config: a.configDir, Doing: doing}); err != nil {
		return err
	}
	stop()
	if asked, err := forMachines(a, asBackupJSON(&b), []backupJSON{asBackupJSON(&b)}); asked || err != nil {
		return err
	}
	fmt.Fprintf(a.stdout, "restored  %s: %s, %s, %s, of %s\n", data, plural(b.Articles, "article"), plural(b.Captures, "capture"),
		megabytes(b.Bytes()), b.Made.Format(time.RFC3339))
	for _, what := range b.Damaged {
		fmt.Fprintf(a.stdout, "damaged   %s\n", plain(what))
	}
	if b.HasConfig() && a.configDir == "" {
		fmt.Fprintf(a.stdout, "          The configuration of then is in %s.\n", filepath.Join(b.Dir, "config"))
	}
	fmt.Fprintln(a.stdout, "          → blotter update builds the index")
	return nil
}
