package daemon

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

func TestGiveWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCourtesy()
		took := func(ctx context.Context) time.Duration {
			began := time.Now()
			c.giveWay(ctx)
			return time.Since(began)
		}
		if d := took(t.Context()); d != 0 {
			t.Errorf("with nobody there to give way to, it took %v", d)
		}
		one, other := c.answering(), c.answering()
		if d := took(t.Context()); d != waitsFor {
			t.Errorf("while answers are under way it took %v", d)
		}
		time.AfterFunc(10*time.Millisecond, one)
		time.AfterFunc(20*time.Millisecond, other)
		if d := took(t.Context()); d != 20*time.Millisecond {
			t.Errorf("when the last answer ended after 20ms, it took %v", d)
		}
		if d := took(t.Context()); d != 0 {
			t.Errorf("after the last answer it took %v", d)
		}

		defer c.answering()()
		began := time.Now()
		go c.giveWay(t.Context())
		synctest.Wait()
		if took(t.Context()); time.Since(began) != 2*waitsFor {
			t.Errorf("two pieces of work went on after %v: each is to wait for the one before", time.Since(began))
		}
		ended, end := context.WithCancel(t.Context())
		go c.giveWay(t.Context())
		synctest.Wait()
		end()
		if d := took(ended); d != 0 {
			t.Errorf("when all is to stop it took %v", d)
		}
		time.Sleep(waitsFor)
	})
}
