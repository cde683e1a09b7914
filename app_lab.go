//go:build desktop

package main

import "inos/backend/window"

// ShowLab says whether the panel is to be seen.
func (a *App) ShowLab(on bool) { a.lab.Show(on) }

// ChooseForLab lets the user choose files.
func (a *App) ChooseForLab() (window.LabFiles, error) {
	files, err := a.lab.Choose()
	return files, window.Refusal(err)
}

// LabExample makes a small file to try things on.
func (a *App) LabExample(kind string) (window.LabItem, error) {
	item, err := a.lab.Example(kind)
	return item, window.Refusal(err)
}

// ForgetInLab takes a file or a result from the lab.
func (a *App) ForgetInLab(id string) { a.lab.Forget(id) }

// SaveFromLab writes a result into a file that the user names.
func (a *App) SaveFromLab(id string) (PathReply, error) {
	path, err := a.lab.Save(id)
	return PathReply{path}, window.Refusal(err)
}

// RunInLab begins a run of an op.
func (a *App) RunInLab(r window.LabRequest) (window.LabRun, error) {
	run, err := a.lab.Start(r)
	return run, window.Refusal(err)
}

// CancelInLab asks for the end of a run.
func (a *App) CancelInLab(id uint64) { a.lab.CancelRun(id) }

// LabRunsReply are the runs that go on, and the last that ended.
type LabRunsReply struct {
	Runs []window.LabRun `json:"runs"`
}

// LabRuns lists them.
func (a *App) LabRuns() LabRunsReply { return LabRunsReply{a.lab.Runs()} }

// LabTable opens an item as a table.
func (a *App) LabTable(id string) (window.LabTable, error) {
	table, err := a.lab.Table(id)
	return table, window.Refusal(err)
}

// LabRows is a page of a table.
func (a *App) LabRows(r window.LabRowsRequest) (window.LabRows, error) {
	rows, err := a.lab.Rows(r)
	return rows, window.Refusal(err)
}

// LabMatrix is a small table of numbers as a whole.
func (a *App) LabMatrix(id string) (window.LabMatrix, error) {
	m, err := a.lab.Matrix(id)
	return m, window.Refusal(err)
}

// LabSeries are columns of numbers for a chart.
func (a *App) LabSeries(id string, x int, columns []int) (window.LabSeries, error) {
	s, err := a.lab.Series(id, x, columns)
	return s, window.Refusal(err)
}

// LabHistoryReply is what ran before, the newest first.
type LabHistoryReply struct {
	Runs []window.LabPast `json:"runs"`
}

// LabHistory lists it.
func (a *App) LabHistory() (LabHistoryReply, error) {
	runs, err := a.lab.History()
	return LabHistoryReply{runs}, window.Refusal(err)
}

// LabAgain finds what a run of the history needs to run again.
func (a *App) LabAgain(id string) (window.LabAgain, error) {
	again, err := a.lab.Again(id)
	return again, window.Refusal(err)
}

// ForgetLabHistory empties it.
func (a *App) ForgetLabHistory() error { return window.Refusal(a.lab.ForgetHistory()) }
