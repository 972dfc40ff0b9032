// SPDX-License-Identifier: Apache-2.0

// Notes with Go's libraries (golang.org/x/mod/sumdb/note and transparency-dev's formats), so that ours are
// held against them.
//
//	go run . make             writes keys.txt, expected.txt and *.note into this folder
//	go run . open VKEY...     verifies the note on standard input under all of these keys
package main

import (
	"crypto/ed25519"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"log"
	"os"
	"strings"

	checkpoints "github.com/transparency-dev/formats/log"
	cosigned "github.com/transparency-dev/formats/note"
	"golang.org/x/mod/sumdb/note"
)

const (
	kindLog     = 1
	kindWitness = 4
	origin      = "salus/notes-vectors"
)

func must[T any](value T, err error) T {
	if err != nil {
		log.Fatal(err)
	}
	return value
}

// The id of a key and its two text forms, from a seed that is the hash of its name.
func keys(name string, kind byte) (skey, vkey string) {
	seed := sha256.Sum256([]byte("salus vectors " + name))
	private := ed25519.NewKeyFromSeed(seed[:])
	public := append([]byte{kind}, private.Public().(ed25519.PublicKey)...)
	id := sha256.Sum256(append([]byte(name+"\n"), public...))
	form := func(key []byte) string {
		return fmt.Sprintf("%s+%x+%s", name, id[:4], base64.StdEncoding.EncodeToString(key))
	}
	// The private form carries the id of the plain key, whatever kind of signer is made from it.
	plain := sha256.Sum256(append([]byte(name+"\n\x01"), public[1:]...))
	skey = fmt.Sprintf("PRIVATE+KEY+%s+%x+%s", name, plain[:4],
		base64.StdEncoding.EncodeToString(append([]byte{kindLog}, seed[:]...)))
	return skey, form(public)
}

func verifier(vkey string) note.Verifier {
	if v, err := note.NewVerifier(vkey); err == nil {
		return v
	}
	return must(cosigned.NewVerifierForCosignatureV1(vkey))
}

type maker struct {
	verifiers []note.Verifier
	expected  strings.Builder
}

func (m *maker) write(name, text string) {
	if err := os.WriteFile(name+".note", []byte(text), 0o644); err != nil {
		log.Fatal(err)
	}
}

// A note that Go's library opens; what it says goes into expected.txt.
func (m *maker) good(name, text string) {
	opened := must(note.Open([]byte(text), note.VerifierList(m.verifiers...)))
	var checkpoint checkpoints.Checkpoint
	rest := must(checkpoint.Unmarshal([]byte(opened.Text)))
	fmt.Fprintf(&m.expected, "good %s %s %d %s %d", name, checkpoint.Origin, checkpoint.Size,
		hex.EncodeToString(checkpoint.Hash), strings.Count(string(rest), "\n"))
	for _, signature := range opened.Sigs {
		if signature.Name == origin {
			continue
		}
		fmt.Fprintf(&m.expected, " %s=%d", signature.Name, must(cosigned.CoSigV1Timestamp(signature)).Unix())
	}
	fmt.Fprintln(&m.expected)
	m.write(name, text)
}

// A note that Go's library refuses.
func (m *maker) bad(name, text string) {
	if _, err := note.Open([]byte(text), note.VerifierList(m.verifiers...)); err == nil {
		log.Fatalf("%s: Go's library takes it", name)
	}
	fmt.Fprintf(&m.expected, "bad %s\n", name)
	m.write(name, text)
}

func sign(text string, signers ...note.Signer) string {
	return string(must(note.Sign(&note.Note{Text: text}, signers...)))
}

func make_vectors() {
	logSecret, logPublic := keys(origin, kindLog)
	signer := must(note.NewSigner(logSecret))
	names := []string{"regulator.example/w1", "hospital.example/klinikum-süd", "phone-of-a-patient"}
	var witnesses []note.Signer
	m := maker{verifiers: []note.Verifier{must(note.NewVerifier(logPublic))}}
	lines := "log " + logPublic + "\n"
	for _, name := range names {
		secret, public := keys(name, kindWitness)
		witnesses = append(witnesses, must(cosigned.NewSignerForCosignatureV1(secret)))
		m.verifiers = append(m.verifiers, verifier(public))
		lines += "witness " + public + "\n"
	}
	strangerSecret, _ := keys("stranger.example/log", kindLog)
	stranger := must(note.NewSigner(strangerSecret))
	m.verifiers = m.verifiers[:3] // the last witness is known to nobody

	root := sha256.Sum256([]byte("root"))
	header := sha512.Sum512([]byte("header"))
	body := func(size uint64) string {
		return string(checkpoints.Checkpoint{Origin: origin, Size: size, Hash: root[:]}.Marshal())
	}
	bound := func(size uint64) string {
		return body(size) + "header 7 " + base64.StdEncoding.EncodeToString(header[:]) + "\n"
	}
	m.good("log_alone", sign(bound(12), signer))
	m.good("one_witness", sign(bound(20852163), signer, witnesses[0]))
	whole := sign(bound(1<<40), signer, witnesses[1], witnesses[0])
	m.good("two_witnesses", whole)
	m.good("unknown_keys", sign(bound(13), stranger, signer, witnesses[2], witnesses[0]))
	m.good("more_extensions", sign(bound(14)+"operator note 1\noperator note 2\n", signer))
	m.good("no_header", sign(body(15), signer))

	m.bad("altered_size", strings.Replace(whole, "1099511627776", "1099511627777", 1))
	m.bad("strangers_alone", sign(bound(16), stranger, witnesses[2]))
	m.bad("altered_cosignature", whole[:len(whole)-8]+"AAAAAA=\n")
	m.bad("no_empty_line", strings.Replace(whole, "\n\n", "\n", 1))
	m.bad("carriage_returns", strings.ReplaceAll(whole, "\n", "\r\n"))
	m.bad("not_utf8", strings.Replace(whole, "header", "h\xffader", 1))
	m.bad("hyphen_for_dash", strings.ReplaceAll(whole, "\u2014", "-"))
	m.bad("no_last_newline", strings.TrimSuffix(whole, "\n"))
	m.bad("name_with_plus", strings.Replace(whole, "\u2014 salus", "\u2014 s+lus", 1))
	m.bad("empty_name", strings.Replace(whole, "\u2014 "+origin, "\u2014 ", 1))
	m.bad("short_signature", sign(bound(17), signer)+"\u2014 someone AAAAAA==\n")
	m.bad("empty", "")

	for file, text := range map[string]string{"keys.txt": lines, "expected.txt": m.expected.String()} {
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			log.Fatal(err)
		}
	}
}

func open_note(vkeys []string) {
	var verifiers []note.Verifier
	for _, vkey := range vkeys {
		verifiers = append(verifiers, verifier(vkey))
	}
	opened := must(note.Open(must(io.ReadAll(os.Stdin)), note.VerifierList(verifiers...)))
	if len(opened.Sigs) != len(verifiers) {
		log.Fatalf("%d of %d keys have signed", len(opened.Sigs), len(verifiers))
	}
	var checkpoint checkpoints.Checkpoint
	must(checkpoint.Unmarshal([]byte(opened.Text)))
	fmt.Printf("%s %d %x\n", checkpoint.Origin, checkpoint.Size, checkpoint.Hash)
}

func main() {
	switch {
	case len(os.Args) == 2 && os.Args[1] == "make":
		make_vectors()
	case len(os.Args) > 2 && os.Args[1] == "open":
		open_note(os.Args[2:])
	default:
		log.Fatal("usage: make | open VKEY...")
	}
}
