// Verifylog judges logs in the C2SP tlog-tiles layout by the packages of Go's checksum database
// (golang.org/x/mod/sumdb/note and tlog), which know nothing of the code that wrote them.
//
// Requests come as lines of JSON on standard input, answers go as lines to standard output:
// "ok SIZE", or "refused REASON". What those packages do not have is here: the body of a
// checkpoint (tlog.ParseTree knows its own header alone) and entry bundles.
package main

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const height = 8
const width = 1 << height

type request struct {
	Dir   string  // folder that holds checkpoint and tile
	Key   string  // the log's vkey
	Since []byte  // signed checkpoint from before, or empty
	Prove []int64 // indices whose inclusion is proven from authenticated tiles
}

func main() {
	in := bufio.NewReaderSize(os.Stdin, 1<<20)
	out := bufio.NewWriter(os.Stdout)
	for {
		line, err := in.ReadBytes('\n')
		if err != nil {
			return
		}
		var asked request
		if err := json.Unmarshal(line, &asked); err != nil {
			fmt.Fprintf(os.Stderr, "not a request: %v\n", err)
			os.Exit(2)
		}
		size, err := verify(asked)
		if err != nil {
			fmt.Fprintf(out, "refused %s\n", strings.ReplaceAll(err.Error(), "\n", " "))
		} else {
			fmt.Fprintf(out, "ok %d\n", size)
		}
		out.Flush()
	}
}

// verify reads the whole log in a folder, and recomputes all that its checkpoint stands for.
func verify(asked request) (int64, error) {
	signed, err := os.ReadFile(filepath.Join(asked.Dir, "checkpoint"))
	if err != nil {
		return 0, err
	}
	tree, err := open(signed, asked.Key)
	if err != nil {
		return 0, err
	}
	hashes, err := readEntries(asked.Dir, tree.N)
	if err != nil {
		return 0, err
	}
	root := tlog.Hash(sha256.Sum256(nil))
	if tree.N > 0 {
		if root, err = tlog.TreeHash(tree.N, hashes); err != nil {
			return 0, err
		}
	}
	if root != tree.Hash {
		return 0, errors.New("the entries do not lead to the root")
	}
	if err := checkTiles(asked.Dir, tree.N, hashes); err != nil {
		return 0, err
	}
	if err := prove(asked, tree); err != nil {
		return 0, err
	}
	return tree.N, checkSince(asked, tree)
}

// open verifies a checkpoint's signature and parses its body.
func open(signed []byte, key string) (tlog.Tree, error) {
	verifier, err := note.NewVerifier(key)
	if err != nil {
		return tlog.Tree{}, err
	}
	opened, err := note.Open(signed, note.VerifierList(verifier))
	if err != nil {
		return tlog.Tree{}, err
	}
	for _, line := range append(opened.Sigs, opened.UnverifiedSigs...) {
		if _, err := base64.StdEncoding.Strict().DecodeString(line.Base64); err != nil {
			return tlog.Tree{}, err
		}
	}
	lines := strings.Split(opened.Text, "\n")
	if len(lines) < 4 || lines[0] != verifier.Name() {
		return tlog.Tree{}, errors.New("malformed checkpoint")
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil || size < 0 || strconv.FormatInt(size, 10) != lines[1] {
		return tlog.Tree{}, errors.New("malformed size")
	}
	raw, err := base64.StdEncoding.Strict().DecodeString(lines[2])
	if err != nil || len(raw) != tlog.HashSize {
		return tlog.Tree{}, errors.New("malformed root")
	}
	tree := tlog.Tree{N: size}
	copy(tree.Hash[:], raw)
	return tree, nil
}

// stored holds the hashes of a tree in tlog's order.
type stored []tlog.Hash

func (s stored) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	found := make([]tlog.Hash, len(indexes))
	for at, index := range indexes {
		if index >= int64(len(s)) {
			return nil, fmt.Errorf("no hash %d", index)
		}
		found[at] = s[index]
	}
	return found, nil
}

func readEntries(dir string, size int64) (stored, error) {
	var hashes stored
	for n := int64(0); n*width < size; n++ {
		w := size - n*width
		if w > width {
			w = width
		}
		path := strings.Replace(tilePath(0, n, int(w)), "tile/0/", "tile/entries/", 1)
		data, err := os.ReadFile(filepath.Join(dir, path))
		if err != nil {
			return nil, err
		}
		entries, err := unpack(data)
		if err != nil || int64(len(entries)) != w {
			return nil, fmt.Errorf("%s: %d entries instead of %d", path, len(entries), w)
		}
		for at, entry := range entries {
			more, err := tlog.StoredHashes(n*width+int64(at), entry, hashes)
			if err != nil {
				return nil, err
			}
			hashes = append(hashes, more...)
		}
	}
	return hashes, nil
}

func unpack(data []byte) ([][]byte, error) {
	var entries [][]byte
	for len(data) > 0 {
		if len(data) < 2 {
			return entries, errors.New("half a length")
		}
		end := 2 + int(binary.BigEndian.Uint16(data))
		if len(data) < end {
			return entries, errors.New("half an entry")
		}
		entries = append(entries, data[2:end])
		data = data[end:]
	}
	return entries, nil
}

func tilePath(level int, n int64, w int) string {
	tile := tlog.Tile{H: height, L: level, N: n, W: w}
	return strings.Replace(tile.Path(), fmt.Sprintf("tile/%d/", height), "tile/", 1)
}

// checkTiles compares every tile that the tree needs, and every partial one that is left from
// before, with what the entries lead to.
func checkTiles(dir string, size int64, hashes stored) error {
	for level := 0; size>>(height*uint(level)) > 0; level++ {
		count := size >> (height * uint(level))
		for n := int64(0); n*width < count; n++ {
			w := count - n*width
			if w > width {
				w = width
			}
			if err := checkTile(dir, level, n, int(w), hashes); err != nil {
				return err
			}
			if err := checkPartials(dir, level, n, int(w), hashes); err != nil {
				return err
			}
		}
	}
	return nil
}

func checkTile(dir string, level int, n int64, w int, hashes stored) error {
	path := tilePath(level, n, w)
	data, err := os.ReadFile(filepath.Join(dir, path))
	if err != nil {
		return err
	}
	right, err := tlog.ReadTileData(tlog.Tile{H: height, L: level, N: n, W: w}, hashes)
	if err != nil {
		return err
	}
	if !bytes.Equal(data, right) {
		return fmt.Errorf("%s differs", path)
	}
	return nil
}

func checkPartials(dir string, level int, n int64, w int, hashes stored) error {
	for below := 1; below < w; below++ {
		err := checkTile(dir, level, n, below, hashes)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		if level == 0 {
			if err := checkBundle(dir, n, below, hashes); err != nil {
				return err
			}
		}
	}
	return nil
}

func checkBundle(dir string, n int64, w int, hashes stored) error {
	path := strings.Replace(tilePath(0, n, w), "tile/0/", "tile/entries/", 1)
	data, err := os.ReadFile(filepath.Join(dir, path))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	entries, err := unpack(data)
	if err != nil || len(entries) != w {
		return fmt.Errorf("%s: %d entries", path, len(entries))
	}
	for at, entry := range entries {
		if hashes[tlog.StoredHashIndex(0, n*width+int64(at))] != tlog.RecordHash(entry) {
			return fmt.Errorf("%s: entry %d differs", path, at)
		}
	}
	return nil
}

// tileReader gives tlog's own client the files of the folder.
type tileReader struct{ dir string }

func (r tileReader) Height() int { return height }

func (r tileReader) SaveTiles([]tlog.Tile, [][]byte) {}

func (r tileReader) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	var all [][]byte
	for _, tile := range tiles {
		data, err := os.ReadFile(filepath.Join(r.dir, tilePath(tile.L, tile.N, tile.W)))
		if err != nil {
			return nil, err
		}
		all = append(all, data)
	}
	return all, nil
}

// prove makes and checks inclusion proofs as tlog's client does, each tile authenticated.
func prove(asked request, tree tlog.Tree) error {
	if tree.N == 0 {
		return nil
	}
	reader := tlog.TileHashReader(tree, tileReader{asked.Dir})
	for _, index := range asked.Prove {
		proof, err := tlog.ProveRecord(tree.N, index, reader)
		if err != nil {
			return err
		}
		leaf, err := reader.ReadHashes([]int64{tlog.StoredHashIndex(0, index)})
		if err != nil {
			return err
		}
		if err := tlog.CheckRecord(proof, tree.N, tree.Hash, index, leaf[0]); err != nil {
			return err
		}
	}
	return nil
}

func checkSince(asked request, tree tlog.Tree) error {
	if len(asked.Since) == 0 {
		return nil
	}
	old, err := open(asked.Since, asked.Key)
	if err != nil {
		return err
	}
	if old.N > tree.N {
		return fmt.Errorf("rolled back from %d to %d", old.N, tree.N)
	}
	if old.N == 0 {
		return nil
	}
	proof, err := tlog.ProveTree(tree.N, old.N, tlog.TileHashReader(tree, tileReader{asked.Dir}))
	if err != nil {
		return err
	}
	return tlog.CheckTree(proof, tree.N, tree.Hash, old.N, old.Hash)
}
