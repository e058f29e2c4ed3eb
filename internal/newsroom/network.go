package newsroom

import (
	"context"
	"net"
	"sync"
)

// Network is a network in memory: whatever is dialled in it reaches the one server that listens. Nothing of it waits for the
// machine, so that the fake clock of testing/synctest knows when everybody sleeps.
type Network struct {
	connections chan net.Conn
	once        sync.Once
	closed      chan struct{}
}

// NewNetwork returns a network, to be given to http.Server.Serve as its listener.
func NewNetwork() *Network {
	return &Network{connections: make(chan net.Conn), closed: make(chan struct{})}
}

// Dial connects with the server, whatever address is asked for.
func (n *Network) Dial(ctx context.Context, _, _ string) (net.Conn, error) {
	client, server := net.Pipe()
	select {
	case n.connections <- server:
		return client, nil
	case <-n.closed:
		return nil, net.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Accept implements net.Listener.
func (n *Network) Accept() (net.Conn, error) {
	select {
	case c := <-n.connections:
		return c, nil
	case <-n.closed:
		return nil, net.ErrClosed
	}
}

// Close implements net.Listener. Closing twice is no harm.
func (n *Network) Close() error {
	n.once.Do(func() { close(n.closed) })
	return nil
}

// Addr implements net.Listener; the address is one for documentation, which nobody has.
func (n *Network) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 80} }
