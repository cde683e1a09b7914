package hostile

// Loaded are the calls of plugins that attack when they are loaded or run, and of the shipped
// attacker.
func (s *Set) Loaded() []Call {
	calls := []Call{}
	for _, c := range []struct{ unit, says string }{
		{"starts", "its code at load (start section, _initialize, inos_abi) ran longer than its 200ms"}, {"traps", "start function"}, {"abi", "inos_abi is 2; this host offers 1"}, {"silent", "the call ran longer than its 200ms"}, {"claims", "out of bounds memory access"}, {"grows", "unreachable"},
		{"invalid", "invalid instruction"}, {"locals", "compiling it takes too much memory"}, {"nested", "compiling it took longer than"},
	} {
		calls = append(calls, Call{Unit: c.unit, Op: "run", Says: c.says, Slow: c.unit == "nested"})
	}
	for _, c := range []struct{ op, says string }{
		{"hang", "the call ran longer than its 500ms"},
		{"recurse", "endless recursion"},
		{"bomb", "the limit is 33554432"},
		{"log_flood", "log lines within a second"},
		{"write_input", "wrote to a read-only window"},
		{"read_hole", "read memory that is not its own"},
		{"write_hole", "wrote to memory that is not its own"},
		{"trap", "unreachable"},
		{"panic", "on purpose: no reason"},
		{"rant", "rant"},
		{"grow_output", "100000000 bytes for an output were refused"},
	} {
		call := Call{Unit: "hostile", Op: c.op, Says: c.says}
		switch c.op {
		case "write_input":
			call.Input = []byte("victim")
		case "grow_output":
			call.Params = map[string]any{"bytes": 1_000_000_000, "step": 100_000_000}
		}
		calls = append(calls, call)
	}
	return calls
}

// Ungranted are the calls of the plugin that asks for everything and was granted nothing.
func (s *Set) Ungranted() []Call {
	type params = map[string]any
	calls := []Call{}
	for _, c := range []struct {
		op     string
		params params
		says   string
	}{
		{"clock", nil, "allow it with: inos plugin grant dev.inos.outside now"},
		{"dice", nil, "allow it with: inos plugin grant dev.inos.outside random"},
		{"list", params{"path": "inbox"}, "allow it with: inos plugin grant dev.inos.outside read:inbox"},
		{"read", params{"path": "inbox/letter.txt"}, "allow it with: inos plugin grant dev.inos.outside read:inbox"},
		{"write", params{"path": "outbox/new.txt"}, "allow it with: inos plugin grant dev.inos.outside write:outbox"},
		{"erase", params{"path": "outbox/own.txt"}, "allow it with: inos plugin grant dev.inos.outside write:outbox"},
		{"fetch", params{"url": s.servers.allowed.URL}, "allow it with: inos plugin grant dev.inos.outside http"},
		{"paste", nil, "allow it with: inos plugin grant dev.inos.outside clipboard"},
		{"copy", params{"text": "rm -rf /"}, "allow it with: inos plugin grant dev.inos.outside clipboard"},
		{"tell", params{"text": "You won"}, "allow it with: inos plugin grant dev.inos.outside notify"},
		{"strain", params{"megabytes": 300}, "there is no memory for that"},
	} {
		call := Call{Unit: "outside", Op: c.op, Params: c.params, Says: c.says}
		if c.op == "write" {
			call.Input = []byte("owned")
		}
		calls = append(calls, call)
	}
	return calls
}

// Granted are the calls that go beyond what was granted.
func (s *Set) Granted() []Call {
	calls := []Call{}
	for _, c := range []struct{ path, says string }{
		{"inbox/../secret.txt", "is no path: it has empty parts, dots"}, {"inbox/link.txt", "it leads out of the folder"}, {"inbox/up/secret.txt", "it leads out of the folder"},
		{"inbox/absolute/passwd", "it leads out of the folder"}, {"inbox/loop", "too many levels of symbolic links"}, {"/etc/passwd", "its manifest does not ask for"}, {"inbox//etc/passwd", "is no path: it has empty parts, dots"},
		{"outbox/../secret.txt", "is no path: it has empty parts, dots"}, {"inbox/./../../secret.txt", "is no path: it has empty parts, dots"}, {"inbox\\..\\secret.txt", "its manifest does not ask for"},
		{"inbox/letter.txt\x00.png", "does not fit"}, {"music/a.txt", "its manifest does not ask for"}, {"", "its manifest does not ask for"},
	} {
		calls = append(calls, Call{Unit: "outside", Op: "read", Params: map[string]any{"path": c.path}, Says: c.says})
	}
	for _, c := range []struct{ op, path, says string }{
		{"list", "inbox/pipe", "it is no folder"}, {"list", "outbox/pipe", "it is no folder"},
		{"list", "inbox/up", "it leads out of the folder"}, {"list", "inbox/letter.txt", "it is no folder"},
		{"read", "inbox/pipe", "it is no file"}, {"read", "inbox", "it is no file"},
		{"write", "outbox/pipe", "it is no file"},
		{"write", "inbox/letter.txt", "does not ask to write the folder"}, {"write", "outbox/link.txt", "it leads out of the folder"}, {"write", "outbox/../secret.txt", "is no path: it has empty parts, dots"},
		{"write", "outbox/up/inbox/letter.txt", "it leads out of the folder"}, {"erase", "outbox/up/secret.txt", "it leads out of the folder"}, {"erase", "inbox/letter.txt", "does not ask to write the folder"},
		{"erase", "outbox/..", "is no path: it has empty parts, dots"},
	} {
		call := Call{Unit: "outside", Op: c.op, Params: map[string]any{"path": c.path}, Says: c.says}
		if c.op == "write" {
			call.Input = []byte("owned")
		}
		calls = append(calls, call)
	}
	url := s.servers.allowed.URL
	for _, c := range []struct{ url, says string }{
		{s.servers.forbidden.URL, "is not among the hosts that it may reach"}, {url + "/elsewhere", "it redirects elsewhere"}, {url + "/file", "it redirects elsewhere: \"file\" is neither"}, {url + "/scheme", "it redirects elsewhere: \"gopher\" is neither"},
		{url + "/user", "must not hold a user and a password"}, {url + "/loop", "it redirects more than 5 times"}, {url + "/endless", "the answer has more than 16 MiB"}, {url + "/bomb", "the answer has more than 16 MiB"}, {url + "/headers", "headers exceeded"},
		{"file:///etc/passwd", "is neither http nor https"}, {"http://" + s.servers.host(s.servers.allowed) + "@" + s.servers.host(s.servers.forbidden), "must not hold a user and a password"},
		{"http://0x7f000001:1/", "is not among the hosts that it may reach"},
	} {
		calls = append(calls, Call{Unit: "outside", Op: "fetch", Params: map[string]any{"url": c.url}, Says: c.says})
	}
	return calls
}
