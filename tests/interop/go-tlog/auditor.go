// An auditor that shares no code with Plumbline: Go's own note and tlog packages read a log as
// C2SP tlog-tiles has it, over HTTPS or from a directory, and recompute all of it.
package main

import (
	"bytes"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

var (
	vkey     = flag.String("vkey", "", "the log's verifier key")
	source   = flag.String("log", "", "https://HOST:PORT, or a directory")
	pin      = flag.String("pin", "", "SHA-256 of the server's key")
	cert     = flag.String("cert", "", "the auditor's certificate")
	key      = flag.String("key", "", "and its key")
	save     = flag.String("save", "", "keep what was read in this directory")
	since    = flag.String("since", "", "a checkpoint seen earlier, which this log must extend")
	receipts = flag.Bool("receipts", false, "ask for every statement's receipt, and verify it")
)

func pinned(raw [][]byte, _ [][]*x509.Certificate) error {
	server, err := x509.ParseCertificate(raw[0])
	if err != nil {
		return err
	}
	if sum := sha256.Sum256(server.RawSubjectPublicKeyInfo); hex.EncodeToString(sum[:]) != *pin {
		return errors.New("the server's key is not the pinned one")
	}
	return nil
}

func connect() (*http.Client, error) {
	config := &tls.Config{InsecureSkipVerify: true, VerifyPeerCertificate: pinned}
	if *cert != "" {
		pair, err := tls.LoadX509KeyPair(*cert, *key)
		if err != nil {
			return nil, err
		}
		config.Certificates = []tls.Certificate{pair}
	}
	return &http.Client{Transport: &http.Transport{TLSClientConfig: config}}, nil
}

var client *http.Client

func read(path string) ([]byte, error) {
	if client == nil {
		return os.ReadFile(filepath.Join(*source, path))
	}
	reply, err := client.Get(*source + "/" + path)
	if err != nil {
		return nil, err
	}
	defer reply.Body.Close()
	data, err := io.ReadAll(reply.Body)
	if err == nil && reply.StatusCode != 200 {
		err = fmt.Errorf("%s: %s: %s", path, reply.Status, data)
	}
	if err == nil && strings.HasPrefix(path, "tile/") &&
		!strings.Contains(reply.Header.Get("Cache-Control"), "immutable") {
		err = fmt.Errorf("%s may not be cached for ever", path)
	}
	if err == nil && *save != "" {
		name := filepath.Join(*save, path)
		if err = os.MkdirAll(filepath.Dir(name), 0o755); err == nil {
			err = os.WriteFile(name, data, 0o644)
		}
	}
	return data, err
}

// Go builds tile/8/L/N and tile/8/data/N, C2SP tile/L/N and tile/entries/N.
func pathOf(t tlog.Tile) string {
	path := "tile/" + strings.TrimPrefix(t.Path(), "tile/8/")
	return strings.Replace(path, "tile/data/", "tile/entries/", 1)
}

// The tiles of the log itself: for tlog.TileHashReader, which checks them against the tree.
type tiles struct{}

func (tiles) Height() int                     { return 8 }
func (tiles) SaveTiles([]tlog.Tile, [][]byte) {}
func (tiles) ReadTiles(want []tlog.Tile) ([][]byte, error) {
	var all [][]byte
	for _, t := range want {
		data, err := read(pathOf(t))
		if err != nil {
			return nil, err
		}
		all = append(all, data)
	}
	return all, nil
}

func openCheckpoint(text []byte, verifier note.Verifier) (tlog.Tree, error) {
	n, err := note.Open(text, note.VerifierList(verifier))
	if err != nil {
		return tlog.Tree{}, err
	}
	lines := strings.Split(n.Text, "\n")
	if len(lines) != 4 || lines[0] != verifier.Name() {
		return tlog.Tree{}, errors.New("not a checkpoint of this log")
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil {
		return tlog.Tree{}, err
	}
	root, err := tlog.ParseHash(lines[2])
	return tlog.Tree{N: size, Hash: root}, err
}

// Entries of a bundle, each behind its length.
func split(bundle []byte) (entries [][]byte, err error) {
	for len(bundle) > 0 {
		if len(bundle) < 2 || len(bundle) < 2+int(binary.BigEndian.Uint16(bundle)) {
			return nil, errors.New("an entry is cut short")
		}
		end := 2 + int(binary.BigEndian.Uint16(bundle))
		entries = append(entries, bundle[2:end])
		bundle = bundle[end:]
	}
	return entries, nil
}

// The receipt of an entry's statement: a C2SP tlog-proof against a checkpoint of its own.
func checkReceipt(entry []byte, index int64, verifier note.Verifier) error {
	var e struct{ Envelope struct{ Payload []byte } }
	if err := json.Unmarshal(entry, &e); err != nil {
		return err
	}
	data, err := read(fmt.Sprintf("v1/statements/%x", sha256.Sum256(e.Envelope.Payload)))
	if err != nil {
		return err
	}
	var receipt struct{ Proof []byte }
	if err := json.Unmarshal(data, &receipt); err != nil {
		return err
	}
	head, checkpoint, found := bytes.Cut(receipt.Proof, []byte("\n\n"))
	lines := strings.Split(string(head), "\n")
	if !found || len(lines) < 2 || lines[0] != "c2sp.org/tlog-proof@v1" ||
		lines[1] != fmt.Sprintf("index %d", index) {
		return fmt.Errorf("the receipt of entry %d is no tlog-proof of it", index)
	}
	tree, err := openCheckpoint(checkpoint, verifier)
	if err != nil {
		return err
	}
	var proof tlog.RecordProof
	for _, line := range lines[2:] {
		hash, err := base64.StdEncoding.DecodeString(line)
		if err != nil || len(hash) != tlog.HashSize {
			return fmt.Errorf("the receipt of entry %d has a bad hash", index)
		}
		proof = append(proof, *(*tlog.Hash)(hash))
	}
	return tlog.CheckRecord(proof, tree.N, tree.Hash, index, tlog.RecordHash(entry))
}

func audit() error {
	verifier, err := note.NewVerifier(*vkey)
	if err != nil {
		return err
	}
	if strings.HasPrefix(*source, "https://") {
		if client, err = connect(); err != nil {
			return err
		}
	}
	text, err := read("checkpoint")
	if err != nil {
		return err
	}
	tree, err := openCheckpoint(text, verifier)
	if err != nil {
		return err
	}

	// Every entry into a tree of our own, and into the log's own tiles.
	var stored []tlog.Hash
	own := tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		list := make([]tlog.Hash, len(indexes))
		for i, at := range indexes {
			list[i] = stored[at]
		}
		return list, nil
	})
	theirs := tlog.TileHashReader(tree, tiles{})
	var proven int64
	for first := int64(0); first < tree.N; first += 256 {
		width := tree.N - first
		if width > 256 {
			width = 256
		}
		bundle, err := read(pathOf(tlog.Tile{H: 8, L: -1, N: first / 256, W: int(width)}))
		if err != nil {
			return err
		}
		entries, err := split(bundle)
		if err != nil || int64(len(entries)) != width {
			return fmt.Errorf("bundle %d has %d entries: %v", first/256, len(entries), err)
		}
		for i, entry := range entries {
			index := first + int64(i)
			hashes, err := tlog.StoredHashes(index, entry, own)
			if err != nil {
				return err
			}
			stored = append(stored, hashes...)
			proof, err := tlog.ProveRecord(tree.N, index, theirs)
			if err != nil {
				return err
			}
			if err = tlog.CheckRecord(proof, tree.N, tree.Hash, index, tlog.RecordHash(entry)); err != nil {
				return fmt.Errorf("entry %d: %v", index, err)
			}
			proven++
			if *receipts {
				if err = checkReceipt(entry, index, verifier); err != nil {
					return err
				}
			}
		}
	}
	if root, err := tlog.TreeHash(tree.N, own); err != nil || root != tree.Hash {
		return fmt.Errorf("the entries do not have the checkpoint's root: %v", err)
	}

	// Every tile, whole and partial, is what the entries make. The list has partial ones of
	// every width; of files only the widest must be there.
	checked := 0
	for _, t := range tlog.NewTiles(8, 0, tree.N) {
		if widest := tree.N>>(8*t.L) - t.N*256; client == nil && t.W < 256 && int64(t.W) < widest {
			continue
		}
		checked++
		want, err := tlog.ReadTileData(t, own)
		if err != nil {
			return err
		}
		got, err := read(pathOf(t))
		if err != nil {
			return err
		}
		if !bytes.Equal(want, got) {
			return fmt.Errorf("%s is not what the entries make", pathOf(t))
		}
	}
	if *since != "" {
		earlier, err := os.ReadFile(*since)
		if err != nil {
			return err
		}
		old, err := openCheckpoint(earlier, verifier)
		if err != nil {
			return err
		}
		proof, err := tlog.ProveTree(tree.N, old.N, theirs)
		if err != nil {
			return err
		}
		if err = tlog.CheckTree(proof, tree.N, tree.Hash, old.N, old.Hash); err != nil {
			return fmt.Errorf("the log does not extend what was seen at size %d: %v", old.N, err)
		}
		fmt.Printf("extends %d, ", old.N)
	}
	fmt.Printf("%d entries included, %d tiles recomputed\n", proven, checked)
	return nil
}

func main() {
	flag.Parse()
	if err := audit(); err != nil {
		fmt.Fprintln(os.Stderr, "auditor:", err)
		os.Exit(1)
	}
}
