//! A bundle in front of a program that nobody here wrote: Go's `golang.org/x/mod/sumdb`, which the Go project checks
//! its modules with (Debian package `golang-go`, with its sources). It opens the seals with what witnesses signed,
//! reads the tiles and proves records and older seals from them, and it refuses when a byte of these is flipped.
#![cfg(target_os = "linux")]

#[path = "../../src-tauri/crates/report/tests/bundle/ledger.rs"]
#[allow(dead_code, reason = "shared with the tests of the bundle itself")]
mod ledger;

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use gatepost_tests::skip::skip;
use ledger::{Ledger, gate, inspector};
use tempfile::TempDir;

/// Where Debian keeps the sources of Go's own tools, with the packages that they are built from.
fn vendored() -> Option<PathBuf> {
    let folders = fs::read_dir("/usr/share").ok()?.flatten();
    let go = folders.filter(|folder| folder.file_name().to_string_lossy().starts_with("go-"));
    go.map(|folder| folder.path().join("src/cmd/vendor/golang.org/x"))
        .find(|vendored| vendored.join(PACKAGES[0]).is_dir())
}

/// The packages that the program below needs, and one that older ones of them need.
const PACKAGES: [&str; 3] = ["mod/sumdb/note", "mod/sumdb/tlog", "crypto/ed25519"];

const PROGRAM: &str = r#"
package main

import (
	"archive/zip"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

type files map[string][]byte

func (f files) Height() int { return 8 }

func (f files) SaveTiles(tiles []tlog.Tile, data [][]byte) {}

func (f files) ReadTiles(tiles []tlog.Tile) (data [][]byte, err error) {
	for _, t := range tiles {
		tile, ok := f["tile/"+strings.TrimPrefix(t.Path(), "tile/8/")]
		if !ok {
			return nil, errors.New("no " + t.Path())
		}
		data = append(data, tile)
	}
	return data, nil
}

// witness verifies cosignatures (C2SP tlog-cosignature v1); Go brings verifiers of notes only.
type witness struct {
	name string
	hash uint32
	key  ed25519.PublicKey
}

func (w witness) Name() string { return w.name }

func (w witness) KeyHash() uint32 { return w.hash }

func (w witness) Verify(text, sig []byte) bool {
	if len(sig) != 72 {
		return false
	}
	message := fmt.Sprintf("cosignature/v1\ntime %d\n%s", binary.BigEndian.Uint64(sig), text)
	return ed25519.Verify(w.key, []byte(message), sig[8:])
}

func verifier(text string) (note.Verifier, error) {
	parts := strings.SplitN(text, "+", 3)
	key, err := base64.StdEncoding.DecodeString(parts[len(parts)-1])
	if err != nil || len(parts) != 3 || len(key) != 33 || key[0] != 4 {
		return note.NewVerifier(text)
	}
	w := witness{name: parts[0], key: key[1:]}
	_, err = fmt.Sscanf(parts[1], "%x", &w.hash)
	return w, err
}

// seal opens a note with any of the gate's keys; Go's own form of the text has another first line, so it is read here.
// Go passes over lines of keys that it does not know, and over the unused bits of base64: neither is to be found here.
func seal(text []byte, known note.Verifiers) (tree tlog.Tree, err error) {
	opened, err := note.Open(text, known)
	if err != nil {
		return tree, err
	}
	if len(opened.UnverifiedSigs) > 0 {
		return tree, errors.New("a signature of nobody who is known")
	}
	for _, sig := range opened.Sigs {
		if _, err := base64.StdEncoding.Strict().DecodeString(sig.Base64); err != nil {
			return tree, err
		}
	}
	lines := strings.Split(opened.Text, "\n")
	if len(lines) != 4 || lines[0] != opened.Sigs[0].Name {
		return tree, errors.New("not a seal")
	}
	if _, err := fmt.Sscanf(lines[1], "%d", &tree.N); err != nil {
		return tree, err
	}
	root, err := base64.StdEncoding.DecodeString(lines[2])
	if err != nil || copy(tree.Hash[:], root) != tlog.HashSize {
		return tree, errors.New("not a root")
	}
	return tree, nil
}

func check(f files, known note.Verifiers, step int64) error {
	tree, err := seal(f["checkpoint"], known)
	if err != nil {
		return err
	}
	reader := tlog.TileHashReader(tree, f)
	if root, err := tlog.TreeHash(tree.N, reader); err != nil || root != tree.Hash {
		return fmt.Errorf("another root: %v", err)
	}
	for name, text := range f {
		if !strings.HasPrefix(name, "checkpoints/") {
			continue
		}
		older, err := seal(text, known)
		if err != nil {
			return err
		}
		proof, err := tlog.ProveTree(tree.N, older.N, reader)
		if err != nil {
			return err
		}
		if err := tlog.CheckTree(proof, tree.N, tree.Hash, older.N, older.Hash); err != nil {
			return err
		}
		lines := ""
		for _, hash := range proof {
			lines += hash.String() + "\n"
		}
		if lines != string(f[fmt.Sprintf("consistency/%d-%d", older.N, tree.N)]) {
			return errors.New("another proof of " + name)
		}
	}
	for first := int64(0); first < tree.N; first += 256 {
		if err := bundle(f, tree, reader, first, step); err != nil {
			return err
		}
	}
	return nil
}

// bundle checks the leaves of one entry bundle, and that every step-th of them is in the tree.
func bundle(f files, tree tlog.Tree, reader tlog.HashReader, first, step int64) error {
	tile := tlog.Tile{H: 8, L: 0, N: first / 256, W: 256}
	if tree.N-first < 256 {
		tile.W = int(tree.N - first)
	}
	rest := f["tile/entries/"+strings.TrimPrefix(tile.Path(), "tile/8/0/")]
	for n := first; n < first+int64(tile.W); n++ {
		if len(rest) < 2 {
			return errors.New("an entry bundle is cut")
		}
		length := int(rest[0])<<8 | int(rest[1])
		if len(rest) < 2+length {
			return errors.New("an entry bundle is cut")
		}
		leaf := rest[2 : 2+length]
		rest = rest[2+length:]
		stored, err := reader.ReadHashes([]int64{tlog.StoredHashIndex(0, n)})
		if err != nil {
			return err
		}
		if stored[0] != tlog.RecordHash(leaf) {
			return fmt.Errorf("record %d is another", n)
		}
		if n%step != 0 {
			continue
		}
		proof, err := tlog.ProveRecord(tree.N, n, reader)
		if err != nil {
			return err
		}
		if err := tlog.CheckRecord(proof, tree.N, tree.Hash, n, stored[0]); err != nil {
			return err
		}
	}
	if len(rest) > 0 {
		return errors.New("an entry bundle is longer")
	}
	return nil
}

// flip flips one bit of every byte of the files that Go reads, but of about so many of a tile; none may pass.
func flip(f files, known note.Verifiers, of_tile int) (flipped int, err error) {
	for name, data := range f {
		step := 1
		if strings.HasPrefix(name, "tile/") {
			step = len(data)/of_tile + 1
		} else if !strings.HasPrefix(name, "checkpoint") && !strings.HasPrefix(name, "consistency/") {
			continue
		}
		changed := append([]byte(nil), data...)
		f[name] = changed
		for at := 0; at < len(data); at += step {
			changed[at] ^= 1 << (at % 8)
			if check(f, known, 64) == nil {
				return flipped, fmt.Errorf("byte %d of %s was flipped, and nothing said so", at, name)
			}
			changed[at] = data[at]
			flipped++
		}
		f[name] = data
	}
	return flipped, nil
}

func run() error {
	archive, err := zip.OpenReader(os.Args[1])
	if err != nil {
		return err
	}
	f := files{}
	for _, file := range archive.File {
		content, err := file.Open()
		if err != nil {
			return err
		}
		if f[file.Name], err = io.ReadAll(content); err != nil {
			return err
		}
	}
	var keys []note.Verifier
	for _, text := range os.Args[3:] {
		key, err := verifier(text)
		if err != nil {
			return err
		}
		keys = append(keys, key)
	}
	known := note.VerifierList(keys...)
	if err := check(f, known, 7); err != nil {
		return err
	}
	var of_tile int
	if _, err := fmt.Sscanf(os.Args[2], "flip %d", &of_tile); err == nil {
		flipped, err := flip(f, known, of_tile)
		if err != nil {
			return err
		}
		fmt.Println("refused", flipped)
	}
	fmt.Println("accepted")
	return nil
}

func main() {
	if err := run(); err != nil {
		fmt.Println(err)
		os.Exit(2)
	}
}
"#;

/// Go and its packages, with the program above built from them.
struct Elsewhere {
    folder: TempDir,
}

impl Elsewhere {
    fn new() -> Option<Elsewhere> {
        let go = Command::new("go").arg("version").output();
        let vendored = vendored().filter(|_| go.is_ok_and(|output| output.status.success()));
        let Some(vendored) = vendored else {
            skip("Go's x/mod/sumdb is not installed (Debian: golang-go, with its sources)");
            return None;
        };
        let folder = tempfile::tempdir().expect("a folder");
        for package in PACKAGES {
            let there = folder.path().join("src/golang.org/x").join(package);
            fs::create_dir_all(&there).expect("a folder");
            let sources = fs::read_dir(vendored.join(package)).into_iter().flatten();
            for source in sources.flatten() {
                fs::copy(source.path(), there.join(source.file_name())).expect("copied");
            }
        }
        let elsewhere = Elsewhere { folder };
        let source = elsewhere.path("main.go");
        fs::write(&source, PROGRAM).expect("written");
        let output = Command::new("go")
            .args(["build", "-o"])
            .arg(elsewhere.path("elsewhere"))
            .arg(&source)
            .env("GO111MODULE", "off")
            .env("GOPATH", elsewhere.folder.path())
            .env("GOCACHE", elsewhere.path("cache"))
            .env("GOFLAGS", "")
            .output()
            .expect("go was started before");
        let text = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{text}");
        Some(elsewhere)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn says(&self, zip: &[u8], mode: &str, generations: u8) -> (bool, String) {
        let path = self.path("bundle.zip");
        fs::write(&path, zip).expect("written");
        let output = Command::new(self.path("elsewhere"))
            .arg(path)
            .arg(mode)
            .args((0..generations).map(|generation| gate(generation).verifier().to_string()))
            .arg(inspector().verifier().to_string())
            .output()
            .expect("it was built");
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        (output.status.success(), text)
    }
}

#[test]
fn go_accepts_bundles_of_any_size_and_refuses_the_gate_of_another_key() {
    let Some(go) = Elsewhere::new() else { return };
    for size in [1, 40, 255, 256, 257, 70_000] {
        let zip = Ledger::of(size).bundle();
        assert_eq!(
            go.says(&zip, "check", 3),
            (true, "accepted\n".into()),
            "{size} records"
        );
    }
    let zip = Ledger::of(257).bundle();
    let (accepted, text) = go.says(&zip, "check", 1);
    assert!(!accepted, "{text}");
}

#[test]
fn go_refuses_any_flipped_byte_of_what_it_reads() {
    let Some(go) = Elsewhere::new() else { return };
    // Of a small bundle every byte is tried, of a larger one the bytes of small files and some of each tile.
    for (size, of_tile, at_least) in [(40, 1_000_000, 10_000), (600, 40, 1_500)] {
        let (accepted, text) = go.says(&Ledger::of(size).bundle(), &format!("flip {of_tile}"), 3);
        assert!(accepted, "{text}");
        let refused = text.lines().find_map(|line| line.strip_prefix("refused "));
        let refused: u32 = refused.and_then(|count| count.parse().ok()).expect("a number");
        println!("{refused} bytes of a bundle of {size} records");
        assert!(refused > at_least, "only {refused} were tried");
    }
}
