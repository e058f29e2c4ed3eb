package main

import (
	"context"
	"errors"
	"io/fs"
	"syscall"
	"time"

	"blotter/archive"
	"blotter/configs"
	"blotter/index"
	"blotter/internal/web"
)

// indexOpener opens the index beside an archive.
type indexOpener func(context.Context, *configs.Config, *archive.Archive) (index.Index, error)

// noIndex is for commands that search nothing.
func noIndex(context.Context, *configs.Config, *archive.Archive) (index.Index, error) {
	return nil, nil
}

// ownIndex opens the index itself, and no other in its place.
func ownIndex(_ context.Context, c *configs.Config, arc *archive.Archive) (index.Index, error) {
	idx, err := index.OpenBleveReadOnly(indexDir(c), arc.ID())
	if err != nil {
		return nil, err
	}
	return idx, nil
}

// restartTime is how long a search waits for a daemon that has shut its door and still has the index open: it is about to end, and
// another may take its place.
const restartTime = 10 * time.Second

// openIndex opens the index for searches. When a daemon has it open, that is asked what it knows: the answers are the same.
func openIndex(ctx context.Context, c *configs.Config, arc *archive.Archive) (index.Index, error) {
	for began := time.Now(); ; {
		idx, err := openOrAsk(ctx, c, arc)
		if !errors.Is(err, syscall.ECONNREFUSED) || time.Since(began) > restartTime {
			return idx, err
		}
		select {
		case <-time.After(200 * time.Millisecond):
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

func openOrAsk(ctx context.Context, c *configs.Config, arc *archive.Archive) (index.Index, error) {
	idx, err := ownIndex(ctx, c, arc)
	var inUse *index.InUseError
	if !errors.As(err, &inUse) {
		return idx, err
	}
	door, errDoor := web.ReadDoor(c.DataDir)
	if errors.Is(errDoor, fs.ErrNotExist) || errDoor == nil && door.PID != inUse.PID && inUse.PID != 0 {
		return nil, err // the one that has it open is no daemon
	}
	if errDoor != nil {
		return nil, errDoor
	}
	remote, err := web.Dial(ctx, door, arc.ID())
	if err != nil {
		return nil, err
	}
	return remote, nil
}
