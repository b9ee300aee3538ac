package inprocess

import (
	"errors"
	"io"
	"net"
	"os"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

// TestPipe: what a broker may expect of a connection.
func TestPipe(t *testing.T) {
	read := func(t *testing.T, c net.Conn, want string, wantErr error) {
		t.Helper()
		buf := make([]byte, 16)
		n, err := c.Read(buf)
		if string(buf[:n]) != want || !errors.Is(err, wantErr) {
			t.Errorf("read %q, %v; want %q, %v", buf[:n], err, want, wantErr)
		}
	}
	for _, test := range []struct {
		name string
		run  func(t *testing.T, a, b *conn)
	}{
		{"what is written waits for its reader", func(t *testing.T, a, b *conn) {
			_, _ = a.Write([]byte("one"))
			_, _ = a.Write([]byte("two"))
			read(t, b, "onetwo", nil)
		}},
		{"it is read behind the end of the writer", func(t *testing.T, a, b *conn) {
			_, _ = a.Write([]byte("last"))
			a.Close()
			read(t, b, "last", nil)
			read(t, b, "", io.EOF)
			if _, err := b.Write([]byte("x")); !errors.Is(err, syscall.EPIPE) {
				t.Errorf("writing to nobody gives %v", err)
			}
		}},
		{"a reset", func(t *testing.T, a, b *conn) {
			_ = a.SetLinger(0)
			a.Close()
			read(t, b, "", syscall.ECONNRESET)
		}},
		{"a half close", func(t *testing.T, a, b *conn) {
			_ = a.CloseWrite()
			read(t, b, "", io.EOF)
			_, _ = b.Write([]byte("still"))
			read(t, a, "still", nil)
		}},
		{"reading what is closed here", func(t *testing.T, a, _ *conn) {
			a.Close()
			read(t, a, "", net.ErrClosed)
			if _, err := a.Write([]byte("x")); !errors.Is(err, net.ErrClosed) {
				t.Errorf("writing gives %v", err)
			}
		}},
		{"a deadline", func(t *testing.T, a, b *conn) {
			_ = a.SetReadDeadline(time.Now().Add(time.Hour))
			start := time.Now()
			read(t, a, "", os.ErrDeadlineExceeded)
			if waited := time.Since(start); waited != time.Hour {
				t.Errorf("it waited %v, want an hour of the bubble", waited)
			}
			_ = a.SetReadDeadline(time.Time{})
			_, _ = b.Write([]byte("more"))
			read(t, a, "more", nil)
		}},
		{"a deadline that is set while somebody reads", func(t *testing.T, a, _ *conn) {
			go func() {
				synctest.Wait()
				_ = a.SetDeadline(time.Now())
			}()
			read(t, a, "", os.ErrDeadlineExceeded)
		}},
		{"a writer waits for room", func(t *testing.T, a, b *conn) {
			done := make(chan error)
			go func() {
				_, err := a.Write(make([]byte, room+1))
				done <- err
			}()
			synctest.Wait()
			select {
			case <-done:
				t.Error("it did not wait")
			default:
			}
			if _, err := io.ReadFull(b, make([]byte, room+1)); err != nil {
				t.Error(err)
			}
			if err := <-done; err != nil {
				t.Error(err)
			}
		}},
		{"a writer gives up at its deadline", func(t *testing.T, a, _ *conn) {
			_ = a.SetWriteDeadline(time.Now().Add(time.Second))
			if n, err := a.Write(make([]byte, room+1)); n != room || !errors.Is(err, os.ErrDeadlineExceeded) {
				t.Errorf("%d, %v", n, err)
			}
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a, b := pipe(&net.TCPAddr{Port: 1}, &net.TCPAddr{Port: 2})
				test.run(t, a, b)
			})
		})
	}
}
