// SPDX-License-Identifier: Apache-2.0

// What Go's github.com/cosmos/ics23/go says of each case. usage: ics23 [--write] FILE...
// The same input, output and rules as tests/ics23/verify.mjs.
package main

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"strings"

	ics23 "github.com/cosmos/ics23/go"
)

type step struct {
	bit     int
	sibling []byte
}

func (s *step) UnmarshalJSON(raw []byte) error {
	var pair []json.RawMessage
	if err := json.Unmarshal(raw, &pair); err != nil {
		return err
	}
	if len(pair) != 2 {
		return fmt.Errorf("a step has %d members", len(pair))
	}
	if err := json.Unmarshal(pair[0], &s.bit); err != nil {
		return err
	}
	var sibling octets
	err := json.Unmarshal(pair[1], &sibling)
	s.sibling = sibling
	return err
}

type octets []byte

func (o *octets) UnmarshalJSON(raw []byte) error {
	var text string
	if err := json.Unmarshal(raw, &text); err != nil {
		return err
	}
	var err error
	*o, err = hex.DecodeString(text)
	return err
}

type proof struct {
	Key   octets `json:"key"`
	Value octets `json:"value"`
	Steps []step `json:"steps"`
}

type testCase struct {
	Name     string `json:"name"`
	Kind     string `json:"kind"`
	Root     octets `json:"root"`
	Key      octets `json:"key"`
	Value    octets `json:"value"`
	Proof    *proof `json:"proof"`
	Left     *proof `json:"left"`
	Right    *proof `json:"right"`
	Stricter bool   `json:"stricter"`
	Salus    bool   `json:"salus"`
	Go       *bool  `json:"go"`
	line     string
}

// existence is our proof as ICS-23's. The library hashes keys itself where it compares them.
func existence(p *proof) *ics23.ExistenceProof {
	if p == nil {
		return nil
	}
	path := sha256.Sum256(p.Key)
	out := &ics23.ExistenceProof{Key: p.Key, Value: p.Value, Leaf: ics23.SmtSpec.LeafSpec}
	for _, s := range p.Steps {
		inner := &ics23.InnerOp{Hash: ics23.SmtSpec.InnerSpec.Hash, Prefix: []byte{byte(s.bit + 1)}}
		if path[s.bit/8]>>(7-s.bit%8)&1 == 1 {
			inner.Prefix = append(inner.Prefix, s.sibling...)
		} else {
			inner.Suffix = s.sibling
		}
		out.Path = append(out.Path, inner)
	}
	return out
}

func accepts(c *testCase) bool {
	root := ics23.CommitmentRoot(c.Root)
	if c.Kind == "existence" {
		return existence(c.Proof).Verify(ics23.SmtSpec, root, c.Key, c.Value) == nil
	}
	absence := &ics23.NonExistenceProof{Key: c.Key, Left: existence(c.Left), Right: existence(c.Right)}
	return absence.Verify(ics23.SmtSpec, root, c.Key) == nil
}

type vectors struct {
	Root      octets     `json:"root"`
	Existence []*proof   `json:"existence"`
	Absence   []testCase `json:"absence"`
}

// fromVectors: they are all to be accepted.
func fromVectors(raw []byte) ([]testCase, error) {
	var v vectors
	if err := json.Unmarshal(raw, &v); err != nil {
		return nil, err
	}
	var out []testCase
	for _, p := range v.Existence {
		out = append(out, testCase{Kind: "existence", Key: p.Key, Value: p.Value, Proof: p})
	}
	for _, c := range v.Absence {
		c.Kind = "absence"
		out = append(out, c)
	}
	for i := range out {
		out[i].Name, out[i].Root, out[i].Salus = fmt.Sprintf("vector %d", i), v.Root, true
	}
	return out, nil
}

func casesOf(file string) ([]testCase, error) {
	raw, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	if strings.HasSuffix(file, "state_proofs.json") {
		return fromVectors(raw)
	}
	var out []testCase
	for _, line := range strings.Split(string(raw), "\n") {
		if !strings.HasPrefix(line, "{") {
			continue
		}
		c := testCase{line: strings.TrimSuffix(line, ",")}
		if err := json.Unmarshal([]byte(c.line), &c); err != nil {
			return nil, err
		}
		out = append(out, c)
	}
	return out, nil
}

func run(write bool, files []string) error {
	count, accepted, wrong := 0, 0, 0
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	for _, file := range files {
		cases, err := casesOf(file)
		if err != nil {
			return err
		}
		for i := range cases {
			c := &cases[i]
			verdict := accepts(c)
			count++
			if verdict {
				accepted++
			}
			expected := c.Salus
			if c.Go != nil {
				expected = *c.Go
			}
			if write {
				fmt.Fprintf(out, "%s,\"go\":%t}\n", strings.TrimSuffix(c.line, "}"), verdict)
			} else if verdict != expected && !(c.Stricter && c.Go == nil) {
				wrong++
				fmt.Fprintf(os.Stderr, "%s: ics23/go says %t, Salus says %t\n", c.Name, verdict, c.Salus)
			}
		}
	}
	if !write {
		fmt.Fprintf(out, "ics23/go: %d cases, %d accepted, %d judged otherwise\n", count, accepted, wrong)
	}
	if wrong > 0 || accepted == 0 || accepted == count {
		return fmt.Errorf("ics23/go judges otherwise, or everything alike")
	}
	return nil
}

func main() {
	files := os.Args[1:]
	write := len(files) > 0 && files[0] == "--write"
	if write {
		files = files[1:]
	}
	if err := run(write, files); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
