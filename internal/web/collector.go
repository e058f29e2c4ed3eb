package web

import (
	"context"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"blotter"
	"blotter/archive"
	"blotter/configs"
)

// collector reads how things are.
type collector struct {
	Watched

	mu     sync.Mutex
	last   []prometheus.Metric
	lastAt time.Time
}

// collectEvery is how long figures are good for: counting takes a moment, and several may ask.
const collectEvery = 10 * time.Second

// What the collector tells.
var (
	pollLag = prometheus.NewDesc("blotter_source_poll_lag_seconds",
		"How long ago an enabled source should have been asked again; 0 when it is not due.", []string{"source"}, nil)
	lastSuccess = prometheus.NewDesc("blotter_source_last_success_timestamp_seconds",
		"When an enabled source last gave its list; 0 for never.", []string{"source"}, nil)
	articles      = prometheus.NewDesc("blotter_articles", "Articles in the archive.", nil, nil)
	articlesByTag = prometheus.NewDesc("blotter_articles_tagged", "Articles in the archive by tag.", []string{"tag"}, nil)
	queueDepth    = prometheus.NewDesc("blotter_queue_depth", "What waits for a step.", []string{"queue"}, nil)
	indexLag      = prometheus.NewDesc("blotter_index_lag_changes", "Changes of the archive that the index has not taken in.", nil, nil)
	diskFree      = prometheus.NewDesc("blotter_disk_free_bytes", "Room on the disk of the data folder.", nil, nil)
	archiveBytes  = prometheus.NewDesc("blotter_archive_bytes", "Size of the archive by part.", []string{"part"}, nil)
	alarmsOpen    = prometheus.NewDesc("blotter_alarms_open", "Alarms that are open, by kind.", []string{"kind"}, nil)
	scrapeFailed  = prometheus.NewDesc("blotter_figures_failed", "1 when some figures could not be read.", nil, nil)
)

// Describe implements prometheus.Collector.
func (c *collector) Describe(out chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{
		pollLag, lastSuccess, articles, articlesByTag, queueDepth, indexLag, diskFree, archiveBytes, alarmsOpen, scrapeFailed,
	} {
		out <- d
	}
}

// Collect implements prometheus.Collector.
func (c *collector) Collect(out chan<- prometheus.Metric) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if now := time.Now(); c.last == nil || now.Sub(c.lastAt) > collectEvery {
		c.last, c.lastAt = c.read(), now
	}
	for _, m := range c.last {
		out <- m
	}
}

// read reads all figures. One that cannot be read leaves the others as they are.
func (c *collector) read() (all []prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), answerTimeout)
	defer cancel()
	failed := 0.0
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		all = append(all, prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...))
	}
	for _, part := range []func(context.Context, func(*prometheus.Desc, float64, ...string)) error{
		c.readArchive, c.readSources, c.readAlarms, c.readQueues, c.readDisk,
	} {
		if part(ctx, gauge) != nil {
			failed = 1
		}
	}
	gauge(scrapeFailed, failed)
	return all
}

func (c *collector) readArchive(ctx context.Context, gauge func(*prometheus.Desc, float64, ...string)) error {
	house := c.House()
	if house == nil {
		return nil
	}
	s, err := house.Reader.Archive.Stats(ctx)
	if err != nil {
		return err
	}
	gauge(articles, float64(s.Articles))
	gauge(archiveBytes, float64(s.WARCBytes), "warc")
	gauge(archiveBytes, float64(s.DatabaseBytes), "database")
	for tag, n := range s.ByTag {
		gauge(articlesByTag, float64(n), tag)
	}
	indexed, err := house.Reader.Index.Seq()
	if err != nil {
		return err
	}
	gauge(indexLag, float64(max(0, s.Seq-indexed)))
	gauge(queueDepth, float64(max(0, s.Seq-indexed)), "unindexed")
	return nil
}

func (c *collector) readSources(ctx context.Context, gauge func(*prometheus.Desc, float64, ...string)) error {
	house := c.House()
	if house == nil {
		return nil
	}
	states, err := house.Reader.Archive.SourceStates(ctx)
	if err != nil {
		return err
	}
	for _, src := range house.Config.Sources {
		if !src.Enabled {
			continue
		}
		state := states[src.ID]
		gauge(pollLag, lag(src, state, house.Config.Crawl.MinInterval, c.Now()).Seconds(), src.ID)
		if state.LastSuccess.IsZero() {
			gauge(lastSuccess, 0, src.ID)
		} else {
			gauge(lastSuccess, seconds(state.LastSuccess), src.ID)
		}
	}
	return nil
}

// lag is how long ago a source should have been asked: when its schedule, its rhythm and what it has asked for all allow it.
func lag(src blotter.Source, state archive.SourceState, least time.Duration, now time.Time) time.Duration {
	if state.LastTry.IsZero() {
		return 0 // it is due now
	}
	last := state.LastTry.Add(state.Pause)
	_, due := configs.Due(src.Schedule, src.Zone(), last, last)
	for _, not := range []time.Time{state.NextTry, state.LastTry.Add(least)} {
		if not.After(due) {
			due = not
		}
	}
	return max(0, now.Sub(due))
}

func (c *collector) readAlarms(ctx context.Context, gauge func(*prometheus.Desc, float64, ...string)) error {
	house := c.House()
	if house == nil {
		return nil
	}
	open, err := house.Reader.Archive.Alarms(ctx, false)
	kinds := map[archive.AlarmKind]int{archive.AlarmFailing: 0, archive.AlarmSilent: 0, archive.AlarmUnread: 0, archive.AlarmUndated: 0}
	for _, a := range open {
		kinds[a.Kind]++
	}
	for kind, n := range kinds {
		gauge(alarmsOpen, float64(n), string(kind))
	}
	return err
}

func (c *collector) readQueues(ctx context.Context, gauge func(*prometheus.Desc, float64, ...string)) error {
	if house := c.House(); house != nil {
		outbox, err := house.Reader.Archive.Outbox(ctx)
		if err != nil {
			return err
		}
		gauge(queueDepth, float64(outbox.Waiting), "alerts")
	}
	if c.Queues == nil {
		return nil
	}
	queues, err := c.Queues(ctx)
	for name, n := range queues {
		gauge(queueDepth, float64(n), name)
	}
	return err
}

func (c *collector) readDisk(_ context.Context, gauge func(*prometheus.Desc, float64, ...string)) error {
	free, _, err := archive.FreeSpace(c.DataDir)
	if err == nil {
		gauge(diskFree, float64(free))
	}
	return err
}
