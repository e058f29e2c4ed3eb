package daemon

import (
	"context"
	"fmt"
	"log/slog"
	"strings"

	"blotter/archive"
	"blotter/configs"
)

// retainAt is when what is older than its source's keep is forgotten.
const retainAt = "40 1 * * *"

// byClock lists the work by the clock. The name is that of its runs and of the alarm when it fails.
func (d *Daemon) byClock() []*job {
	return []*job{
		{name: "verify", schedule: func(c *configs.Config) string { return c.Daemon.Verify }, do: d.verify},
		{name: "backup", schedule: func(c *configs.Config) string {
			if c.Daemon.Backup.To == "" {
				return ""
			}
			return c.Daemon.Backup.At
		}, do: d.backup},
		{name: "retain", schedule: func(c *configs.Config) string {
			if len(c.Keep) == 0 {
				return ""
			}
			return retainAt
		}, do: d.retain},
	}
}

// verify checks the archive against its digests.
func (d *Daemon) verify(ctx context.Context, _ *slog.Logger) error {
	findings, err := d.archive.Check(ctx, archive.CheckOptions{})
	if err != nil || len(findings) == 0 {
		return err
	}
	return fmt.Errorf("%d findings, the first: %s; 'blotter verify' has them all, and 'blotter repair' mends what can be mended",
		len(findings), findings[0].What)
}

// backup copies the archive and the configuration.
func (d *Daemon) backup(ctx context.Context, log *slog.Logger) error {
	c := d.current.Load().Config
	o := archive.BackupOptions{Software: "blotter " + d.Version, Keep: c.Daemon.Backup.Keep}
	var err error
	if c.Dir != "" {
		if o.Config, err = configs.Files(c.Dir); err != nil {
			return err
		}
	}
	b, err := d.archive.Backup(ctx, c.Daemon.Backup.To, o)
	if err != nil {
		return err
	}
	log.Info("backed up", "to", b.Dir, "bytes", b.Bytes(), "linked", b.Linked)
	if len(b.Damaged) > 0 {
		return fmt.Errorf("the backup %s holds damage that the archive has: %s; 'blotter repair' mends what can be mended", b.Dir, strings.Join(b.Damaged, "; "))
	}
	return nil
}

// retain forgets what is older than its source's keep.
func (d *Daemon) retain(ctx context.Context, log *slog.Logger) error {
	old, err := d.current.Load().Retain(ctx, nil)
	log.Info("forgot what is older than its source keeps it", "articles", old.Articles, "pages", old.Pages, "bytes", old.Bytes)
	return err
}
