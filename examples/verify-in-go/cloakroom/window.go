package cloakroom

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
)

// WindowSecret is the secret of one time window, for an API that compares a string. at is in Unix seconds.
func WindowSecret(root []byte, windowSeconds, at int64) string {
	mac := hmac.New(sha256.New, root)
	fmt.Fprintf(mac, "cloakroom-window-v1\n%d\n%d", windowSeconds, at/windowSeconds)
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// AcceptsWindowSecret takes the secret of this window and of its neighbours, in equal time.
func AcceptsWindowSecret(presented string, root []byte, windowSeconds, at, tolerance int64) bool {
	accepted := false
	for offset := -tolerance; offset <= tolerance; offset++ {
		own := WindowSecret(root, windowSeconds, at+offset*windowSeconds)
		if hmac.Equal([]byte(presented), []byte(own)) {
			accepted = true
		}
	}
	return accepted
}
