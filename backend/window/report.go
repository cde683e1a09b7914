package window

import "time"

// PageReport is what the page measured about itself.
type PageReport struct {
	FPS         float64 `json:"fps"`
	DrawMs      float64 `json:"drawMs"`
	CopiedBytes float64 `json:"copiedBytes"` // since the page loaded
	Quality     string  `json:"quality"`
	Path        string  `json:"path"` // the frame path that the page really uses
}

// Report keeps the page's latest figures.
func (s *Session) Report(r PageReport) {
	s.reportMu.Lock()
	s.report = r
	s.reportMu.Unlock()
	if r.FPS > 0 {
		s.firstAt.Do(func() {
			close(s.reports)
			if s.Drawn != nil {
				s.Drawn()
			}
		})
	}
}

// LastReport is the page's latest figures; the zero report before the first.
func (s *Session) LastReport() PageReport {
	s.reportMu.Lock()
	defer s.reportMu.Unlock()
	return s.report
}

// Drawing waits until the page reported that it draws; false after timeout.
func (s *Session) Drawing(timeout time.Duration) bool {
	select {
	case <-s.reports:
		return true
	case <-time.After(timeout):
		return false
	}
}
