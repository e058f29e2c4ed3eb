package daemon

import (
	"context"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"blotter/index"
	"blotter/internal/web"
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

// held is an index whose searches last until they are let go.
type held struct {
	index.Index
	asked, goOn chan struct{}
}

func (s held) Search(ctx context.Context, r index.Request) (index.Result, error) {
	s.asked <- struct{}{}
	<-s.goOn
	return s.Index.Search(ctx, r)
}

// TestAnswersComeFirst: while a running daemon answers a search, its pipeline gives way.
func TestAnswersComeFirst(t *testing.T) {
	tr := newTrial(t)
	tr.start(t)
	house := *tr.house.Load()
	reader := *house.Reader
	s := held{reader.Index, make(chan struct{}), make(chan struct{})}
	reader.Index, house.Reader = s, &reader
	tr.house.Store(&house)
	door, err := web.ReadDoor(house.Config.DataDir)
	if err != nil {
		t.Fatal(err)
	}
	answered := make(chan error, 1)
	go func() {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, door.URL+"/api/v1/search?q=seized", nil)
		if err == nil {
			request.Header.Set("Authorization", "Bearer "+door.Token)
			var response *http.Response
			if response, err = http.DefaultClient.Do(request); err == nil {
				err = response.Body.Close()
			}
		}
		answered <- err
	}()
	<-s.asked
	began := time.Now()
	tr.current.Load().GiveWay(t.Context())
	if took := time.Since(began); took < waitsFor {
		t.Errorf("while a search is under way it gave way for %v", took)
	}
	close(s.goOn)
	if err := <-answered; err != nil {
		t.Error(err)
	}
	tr.end(t)
}
