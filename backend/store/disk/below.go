package disk

import "path"

// Below is the folder of that name as a file system of its own.
func Below(fsys FS, folder string) FS { return below{fsys, folder} }

type below struct {
	fs     FS
	folder string
}

func (b below) at(name string) string { return path.Join(b.folder, name) }

func (b below) Open(name string) (File, error)     { return b.fs.Open(b.at(name)) }
func (b below) Create(name string) (Output, error) { return b.fs.Create(b.at(name)) }
func (b below) Rename(from, to string) error       { return b.fs.Rename(b.at(from), b.at(to)) }
func (b below) Remove(name string) error           { return b.fs.Remove(b.at(name)) }
func (b below) Mkdir(name string) error            { return b.fs.Mkdir(b.at(name)) }
func (b below) List(folder string) ([]Info, error) { return b.fs.List(b.at(folder)) }
func (b below) SyncFolder(folder string) error     { return b.fs.SyncFolder(b.at(folder)) }
func (b below) Lock(name string, alone bool) (func(), bool, error) {
	return b.fs.Lock(b.at(name), alone)
}
