package world

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strings"
	"syscall"
)

// allowed says whether an address is on the list: host and port. Without a port in the list only
// the scheme's own will do.
func allowed(address *url.URL, hosts []string) error {
	if address.Scheme != "https" && address.Scheme != "http" {
		return fmt.Errorf("%.20q is neither http nor https", address.Scheme)
	}
	if address.User != nil {
		return errors.New("an address must not hold a user and a password: use a header")
	}
	host, port := strings.ToLower(address.Hostname()), address.Port()
	if host == "" {
		return errors.New("its address names no host")
	}
	usual := port == "" || address.Scheme == "https" && port == "443" || address.Scheme == "http" && port == "80"
	for _, pattern := range hosts {
		name, wanted, withPort := strings.Cut(pattern, ":")
		if matches(host, name) && (withPort && port == wanted || !withPort && usual) {
			return nil
		}
	}
	return fmt.Errorf("%.255s is not among the hosts that it may reach (%s)", address.Host,
		strings.Join(hosts, ", "))
}

// matches compares a host with a name of the list; *.example.org stands for subdomains of any
// depth, not for example.org itself.
func matches(host, name string) bool {
	if suffix, wild := strings.CutPrefix(name, "*"); wild {
		return strings.HasSuffix(host, suffix) && len(host) > len(suffix)
	}
	return host == name
}

// dial refuses names that lead to this machine or its network although they look like others: who
// owns a name may point it anywhere, and a plugin may own a name.
func dial(ctx context.Context, network, address string) (net.Conn, error) {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	d := net.Dialer{}
	if !local(host) {
		d.Control = func(_, resolved string, _ syscall.RawConn) error { return public(resolved) }
	}
	return d.DialContext(ctx, network, address)
}

// local tells names that are meant for this machine or its network: the user saw that and said yes.
func local(host string) bool {
	if _, err := netip.ParseAddr(host); err == nil || !strings.Contains(host, ".") {
		return true
	}
	for _, suffix := range []string{".localhost", ".local", ".lan", ".internal", ".home.arpa"} {
		if strings.HasSuffix(host, suffix) {
			return true
		}
	}
	return false
}

func public(resolved string) error {
	at, err := netip.ParseAddrPort(resolved)
	if err != nil {
		return err
	}
	if a := at.Addr().Unmap(); !a.IsGlobalUnicast() || a.IsPrivate() {
		return fmt.Errorf("its name leads to %s, an address of the local network", a)
	}
	return nil
}
