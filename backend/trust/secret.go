package trust

import (
	"errors"

	"aead.dev/minisign"
)

// maxPassphraseBytes is what the minisign tool can read.
const maxPassphraseBytes = 1023

// NewKey makes a key and returns the texts of its two files, as the minisign tool reads them. An
// empty passphrase leaves the secret one unprotected; any other costs a second and 1 GiB of memory,
// here and for whoever guesses it.
func NewKey(passphrase string) (key Key, public, secret []byte, err error) {
	if err := CheckPassphrase(passphrase); err != nil {
		return key, nil, nil, err
	}
	key, private, err := minisign.GenerateKey(nil)
	if err != nil {
		return key, nil, nil, err
	}
	if passphrase == "" {
		secret, err = private.MarshalText()
	} else {
		secret, err = minisign.EncryptKey(passphrase, private)
	}
	public, _ = key.MarshalText() // which has no error
	return key, append(public, '\n'), append(secret, '\n'), err
}

// CheckPassphrase refuses what the minisign tool would not read as it was meant.
func CheckPassphrase(passphrase string) error {
	if len(passphrase) > maxPassphraseBytes {
		return errors.New("the passphrase is too long: minisign reads at most 1023 bytes")
	}
	return nil
}

// IsProtected reports whether a secret key's text needs a passphrase.
func IsProtected(secret []byte) bool { return minisign.IsEncrypted(secret) }

// OpenKey reads a secret key; passphrase is asked for when it is protected. Its errors never hold
// anything of the text.
func OpenKey(secret []byte, passphrase func() (string, error)) (minisign.PrivateKey, error) {
	var key minisign.PrivateKey
	if !IsSecret(string(secret)) {
		return key, errors.New("this is no secret key of minisign")
	}
	var err error
	if IsProtected(secret) {
		var words string
		if words, err = passphrase(); err != nil {
			return key, err
		}
		if key, err = minisign.DecryptKey(words, secret); err != nil {
			return key, errors.New("the passphrase is wrong, or the key file is damaged")
		}
	} else if key.UnmarshalText(secret) != nil {
		return key, errors.New("the key file is damaged")
	}
	return key, checkHalves(key)
}

// checkHalves finds a key whose secret and public half do not belong together: an unprotected file
// has no checksum.
func checkHalves(key minisign.PrivateKey) error {
	probe := []byte("probe")
	public, ok := key.Public().(Key)
	if !ok || !minisign.Verify(public, probe, minisign.Sign(key, probe)) {
		return errors.New("the key file is damaged")
	}
	return nil
}
