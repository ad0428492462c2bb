package cloakroom

import (
	"bytes"
	"errors"
	"io"
	"log"
	"net/http"
	"strings"
	"sync"
	"time"
)

const (
	largestContent = 1 << 20
	mostNonces     = 100_000
	refusal        = `{"type":"about:blank","title":"Forbidden","status":403,"code":"signature_refused"}` + "\n"
)

// Require lets signed requests through to next and refuses every other one with the same answer.
func (v Verifier) Require(next http.Handler) http.Handler {
	return http.HandlerFunc(func(writer http.ResponseWriter, request *http.Request) {
		covered, err := v.admit(writer, request)
		if err != nil {
			log.Printf("refused: %v", err)
			writer.Header().Set("Content-Type", "application/problem+json")
			writer.Header().Set("Cloakroom-Error", "signature_refused")
			writer.WriteHeader(http.StatusForbidden)
			io.WriteString(writer, refusal)
			return
		}
		for name := range request.Header {
			if _, signed := covered[strings.ToLower(name)]; !signed && believed(strings.ToLower(name)) {
				request.Header.Del(name)
			}
		}
		request.Trailer = nil
		next.ServeHTTP(writer, request)
	})
}

func (v Verifier) admit(writer http.ResponseWriter, request *http.Request) (map[string]string, error) {
	target, query, marked := strings.Cut(request.RequestURI, "?")
	if !strings.HasPrefix(target, "/") {
		return nil, errors.New("malformed: not an origin-form target")
	}
	content, err := io.ReadAll(http.MaxBytesReader(writer, request.Body, largestContent))
	if err != nil {
		return nil, err
	}
	request.Body = io.NopCloser(bytes.NewReader(content))
	seen := Request{Method: request.Method, Authority: request.Host, Path: target, Content: content}
	if marked {
		seen.Query = &query
	}
	for name, values := range request.Header {
		for _, value := range values {
			seen.Fields = append(seen.Fields, Field{name, value})
		}
	}
	return v.Verify(seen, time.Now().Unix())
}

// believed names what an app would take for the word of its gateway.
func believed(name string) bool {
	for _, prefix := range []string{"cloakroom-", "x-forwarded-", "forwarded", "x-real-ip", "x-http-method", "x-original-", "x-rewrite-url"} {
		if strings.HasPrefix(strings.ReplaceAll(name, "_", "-"), prefix) {
			return true
		}
	}
	return false
}

// MemoryNonces is for one process.
type MemoryNonces struct {
	mutex sync.Mutex
	spent map[[2]string]int64
}

// Spend implements Spender. A full store refuses: to forget a live nonce would allow its replay.
func (m *MemoryNonces) Spend(keyid, nonce string, expires, now int64) error {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	if m.spent == nil {
		m.spent = map[[2]string]int64{}
	}
	if len(m.spent) >= mostNonces {
		for key, end := range m.spent {
			if end <= now {
				delete(m.spent, key)
			}
		}
	}
	if len(m.spent) >= mostNonces {
		return errors.New("nonces_unavailable")
	}
	if m.spent[[2]string{keyid, nonce}] > now {
		return errors.New("replayed")
	}
	m.spent[[2]string{keyid, nonce}] = expires
	return nil
}
