package cloakroom

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"errors"
	"math/big"
)

// Key is a JSON Web Key with the members of the three algorithms.
type Key struct {
	Kty, Kid, X, Y, K string
}

func checkSignature(keys []Key, keyid, alg string, base, signature []byte) error {
	for _, key := range keys {
		if key.Kid != keyid {
			continue
		}
		algorithm := map[string]string{"OKP": "ed25519", "EC": "ecdsa-p256-sha256", "oct": "hmac-sha256"}[key.Kty]
		if alg != "" && alg != `"`+algorithm+`"` {
			return errors.New("algorithm_mismatch")
		}
		if !key.holds(base, signature) {
			return errors.New("bad_signature")
		}
		return nil
	}
	return errors.New("unknown_key")
}

func (key Key) holds(base, signature []byte) bool {
	switch key.Kty {
	case "OKP":
		public := unbase64url(key.X)
		return len(public) == ed25519.PublicKeySize && ed25519.Verify(public, base, signature)
	case "EC":
		if len(signature) != 64 {
			return false
		}
		public := &ecdsa.PublicKey{Curve: elliptic.P256(), X: integer(unbase64url(key.X)), Y: integer(unbase64url(key.Y))}
		hash := sha256.Sum256(base)
		return ecdsa.Verify(public, hash[:], integer(signature[:32]), integer(signature[32:]))
	case "oct":
		secret := unbase64url(key.K)
		mac := hmac.New(sha256.New, secret)
		mac.Write(base)
		return len(secret) >= 32 && hmac.Equal(mac.Sum(nil), signature)
	}
	return false
}

func checkDigest(request Request) error {
	value, present := request.value("content-digest")
	if !present {
		if len(request.Content) > 0 {
			return errors.New("insufficient_coverage: content without a digest")
		}
		return nil
	}
	digests, err := members(digestMember, value)
	if err != nil {
		return err
	}
	checked := 0
	for _, member := range digests {
		var own []byte
		switch member[1] {
		case "md5", "sha", "unixsum", "unixcksum", "adler", "crc32c":
			return errors.New("weak_digest")
		case "sha-256":
			sum := sha256.Sum256(request.Content)
			own = sum[:]
		case "sha-512":
			sum := sha512.Sum512(request.Content)
			own = sum[:]
		default:
			continue
		}
		claimed, err := base64.StdEncoding.DecodeString(member[2])
		if err != nil || !bytes.Equal(claimed, own) {
			return errors.New("digest_mismatch")
		}
		checked++
	}
	if checked == 0 {
		return errors.New("missing_digest")
	}
	return nil
}

func integer(bytes []byte) *big.Int {
	return new(big.Int).SetBytes(bytes)
}

func unbase64url(text string) []byte {
	bytes, _ := base64.RawURLEncoding.DecodeString(text)
	return bytes
}
