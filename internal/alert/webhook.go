package alert

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"blotter"
)

// sendWebhook posts the message as JSON, signed as Standard Webhooks says (standardwebhooks.com): the scheme of Stripe with the
// id of the delivery signed too, and with libraries for receivers in a dozen languages.
func sendWebhook(ctx context.Context, c blotter.Channel, m Message) (string, error) {
	body, err := json.Marshal(m)
	if err != nil {
		return "", err
	}
	at := strconv.FormatInt(time.Now().Unix(), 10)
	header := http.Header{}
	header.Set("Content-Type", "application/json")
	header.Set("Webhook-Id", m.ID)
	header.Set("Webhook-Timestamp", at)
	signature, err := sign(string(c.Secret), m.ID, at, body)
	if err != nil {
		return "", err
	}
	header.Set("Webhook-Signature", "v1,"+signature)
	return post(ctx, c, string(c.URL), body, header)
}

// sign is the HMAC-SHA256 of id, time and body, joined by full stops. A secret that begins with whsec_ stands for the bytes that
// the rest has in base64, any other for itself.
func sign(secret, id, at string, body []byte) (string, error) {
	key := []byte(secret)
	if encoded, is := strings.CutPrefix(secret, "whsec_"); is {
		var err error
		if key, err = base64.StdEncoding.DecodeString(encoded); err != nil {
			return "", errors.New("its secret begins with whsec_, and what follows is not base64")
		}
	}
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(id + "." + at + "."))
	mac.Write(body)
	return base64.StdEncoding.EncodeToString(mac.Sum(nil)), nil
}
