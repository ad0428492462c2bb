// Runs package cloakroom over the test vectors: go run . FOLDER. Exit code 0 when all agree.
package main

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"example.test/verify/cloakroom"
)

type requests struct {
	Now       int64
	Authority string
	Keys      []cloakroom.Key
	Cases     []struct {
		Name    string
		Request struct {
			Method, Authority, Path string
			Query                   *string
			Fields                  [][2]string
		}
		Content *string
		Spent   []string
		Expect  string
	}
}

type windows struct {
	Root  string
	Cases []struct {
		WindowSeconds, At int64
		Secret            string
	}
	Accepts []struct {
		Secret                       string
		WindowSeconds, At, Tolerance int64
		Accepted                     bool
	}
}

type assertions struct {
	Now              int64
	Issuer, Audience string
	Keys             []cloakroom.Key
	Cases            []struct {
		Name, Jwt string
		Accepted  bool
	}
}

func main() {
	ran, wrong := 0, 0
	check := func(name string, good bool) {
		ran++
		if !good {
			wrong++
			fmt.Println("disagrees:", name)
		}
	}
	var vectors requests
	read("requests.json", &vectors)
	for _, each := range vectors.Cases {
		request := cloakroom.Request{Method: each.Request.Method, Authority: each.Request.Authority, Path: each.Request.Path, Query: each.Request.Query}
		for _, field := range each.Request.Fields {
			request.Fields = append(request.Fields, cloakroom.Field{Name: field[0], Value: field[1]})
		}
		if each.Content != nil {
			request.Content, _ = base64.StdEncoding.DecodeString(*each.Content)
		}
		nonces := &cloakroom.MemoryNonces{}
		for _, nonce := range each.Spent {
			for _, key := range vectors.Keys {
				nonces.Spend(key.Kid, nonce, vectors.Now+120, vectors.Now)
			}
		}
		verifier := cloakroom.Verifier{Keys: vectors.Keys, Authority: vectors.Authority, Nonces: nonces, MaxAge: 60}
		_, err := verifier.Verify(request, vectors.Now)
		check(fmt.Sprintf("%s: expected %s, got %v", each.Name, each.Expect, err), (err == nil) == (each.Expect == "accepted"))
	}
	var secrets windows
	read("window-secrets.json", &secrets)
	root, _ := base64.StdEncoding.DecodeString(secrets.Root)
	for _, each := range secrets.Cases {
		check(fmt.Sprint("window secret at ", each.At), cloakroom.WindowSecret(root, each.WindowSeconds, each.At) == each.Secret)
	}
	for _, each := range secrets.Accepts {
		accepted := cloakroom.AcceptsWindowSecret(each.Secret, root, each.WindowSeconds, each.At, each.Tolerance)
		check(fmt.Sprint("window acceptance at ", each.At), accepted == each.Accepted)
	}
	var jwts assertions
	read("assertions.json", &jwts)
	for _, each := range jwts.Cases {
		_, err := cloakroom.VerifyAssertion(each.Jwt, jwts.Keys, jwts.Issuer, jwts.Audience, jwts.Now)
		check(fmt.Sprintf("assertion %s: %v", each.Name, err), (err == nil) == each.Accepted)
	}
	fmt.Printf("%d of %d vectors agree\n", ran-wrong, ran)
	if wrong > 0 || ran == 0 {
		os.Exit(1)
	}
}

func read(name string, into any) {
	text, err := os.ReadFile(filepath.Join(os.Args[1], name))
	if err == nil {
		err = json.Unmarshal(text, into)
	}
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
}
