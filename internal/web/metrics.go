package web

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"blotter"
)

// Metrics are the figures for Prometheus, in a registry of their own. What happens is counted as the daemon says it, by the
// methods; how things are is read from the archive when it is asked for. All methods may be called on nil, and then do nothing.
type Metrics struct {
	registry *prometheus.Registry

	fetches  *prometheus.CounterVec
	tagged   *prometheus.CounterVec
	stages   *prometheus.HistogramVec
	requests *prometheus.CounterVec
	took     *prometheus.HistogramVec
	lastPass prometheus.Gauge
}

// Watched is what the figures are read from.
type Watched struct {
	House   func() *House // as in Server
	DataDir string

	// Queues says how much waits for each step: underived, untagged. nil: that is not told.
	Queues func(context.Context) (map[string]int, error)

	Now func() time.Time // nil: time.Now
}

// NewMetrics returns the figures of what is watched.
func NewMetrics(watched Watched) *Metrics {
	if watched.Now == nil {
		watched.Now = time.Now
	}
	m := &Metrics{
		registry: prometheus.NewRegistry(),
		fetches: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "blotter_fetches_total",
			Help: "Requests to sources by what came of them; reason is that of a failure."}, []string{"outcome", "reason"}),
		tagged: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "blotter_tagged_total",
			Help: "Articles that were given a tag."}, []string{"tag"}),
		stages: prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "blotter_stage_duration_seconds",
			Help: "How long one turn of a step took.", Buckets: prometheus.ExponentialBuckets(0.01, 4, 9)}, []string{"stage"}),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "blotter_http_requests_total",
			Help: "Requests answered, by operation and status."}, []string{"path", "status"}),
		took: prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "blotter_http_request_duration_seconds",
			Help: "How long requests took.", Buckets: prometheus.ExponentialBuckets(0.001, 4, 8)}, []string{"path"}),
		lastPass: prometheus.NewGauge(prometheus.GaugeOpts{Name: "blotter_last_pass_timestamp_seconds",
			Help: "When the last pass over sources ended."}),
	}
	m.registry.MustRegister(m.fetches, m.tagged, m.stages, m.requests, m.took, m.lastPass, &collector{Watched: watched},
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// FetchDone counts requests to sources; the reason is that of a failure, else "".
func (m *Metrics) FetchDone(outcome string, reason blotter.Reason, n int) {
	if m != nil && n > 0 {
		m.fetches.WithLabelValues(outcome, string(reason)).Add(float64(n))
	}
}

// Tagged counts articles that were given a tag.
func (m *Metrics) Tagged(tag string, n int) {
	if m != nil && n > 0 {
		m.tagged.WithLabelValues(tag).Add(float64(n))
	}
}

// StageDone notes how long a turn of a step took: poll, read, index and the others of the daemon.
func (m *Metrics) StageDone(stage string, took time.Duration) {
	if m != nil {
		m.stages.WithLabelValues(stage).Observe(took.Seconds())
	}
}

// PassDone notes that sources were asked, and when that ended.
func (m *Metrics) PassDone(at time.Time) {
	if m != nil {
		m.lastPass.Set(seconds(at))
	}
}

func (m *Metrics) requestDone(path string, status int, took time.Duration) {
	if m != nil {
		m.requests.WithLabelValues(path, strconv.Itoa(status)).Inc()
		m.took.WithLabelValues(path).Observe(took.Seconds())
	}
}

func seconds(t time.Time) float64 { return float64(t.UnixMilli()) / 1000 }

// metrics answers with the figures in the format that was asked for.
func metrics(h *handler, w *reply, r *request) error {
	if h.Metrics == nil {
		return problemf(http.StatusNotFound, kindNotFound, "this daemon keeps no figures")
	}
	promhttp.HandlerFor(h.Metrics.registry, promhttp.HandlerOpts{ErrorHandling: promhttp.ContinueOnError}).ServeHTTP(w, r.Request)
	return nil
}
