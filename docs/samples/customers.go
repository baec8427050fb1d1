package main

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"log"
	"net/http"
	"net/url"
	"os"
)

type object = map[string]any

type answer struct {
	IsAvailable bool
	Result      struct {
		CustomerUrn string
		Version     int
		Options     json.RawMessage
	}
	Status struct{ MessageCode string }
}

func setting(name, otherwise string) string {
	if value, ok := os.LookupEnv(name); ok {
		return value
	}
	return otherwise
}

func c2a(method, endpoint string, body object) answer {
	content, err := json.Marshal(body)
	check(err)
	base := setting("AZOTTE_URL", "http://127.0.0.1:8080")
	request, err := http.NewRequest(method, base+"/api/v1/c2a/customer/"+endpoint, bytes.NewReader(content))
	check(err)
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("x-tn", setting("AZOTTE_TENANT", "e2a1c7b2-4f3a-4b8e-9c2d-1a2b3c4d5e6f"))
	request.Header.Set("x-api-key", setting("AZOTTE_KEY", "sk_dev_acme_sample_123456789"))
	response, err := http.DefaultClient.Do(request)
	check(err)
	defer response.Body.Close()
	var found answer
	if response.StatusCode != http.StatusUnauthorized {
		check(json.NewDecoder(response.Body).Decode(&found))
	}
	if found.Status.MessageCode != "SUCCESS" {
		log.Fatalln(endpoint, response.Status, found.Status.MessageCode)
	}
	return found
}

func check(err error) {
	if err != nil {
		log.Fatalln(err)
	}
}

func main() {
	random := make([]byte, 8)
	_, err := rand.Read(random)
	check(err)
	id := fmt.Sprintf("go-%x", random)

	// Is the identifier free?
	fmt.Println(c2a("POST", "validate", object{"externalId": id}).IsAvailable)

	// Store the customer; keep the URN, every other service asks for it.
	urn := c2a("POST", "store", object{
		"customer": object{
			"externalIdentifier": id,
			"email":              id + "@example.com",
			"firstName":          "Jane",
			"lastName":           "Doe",
		},
		"claimedRegion": object{"countryCode": "DE", "languageCode": "de"},
	}).Result.CustomerUrn
	fmt.Println(urn)

	// Look it up.
	fmt.Println(string(c2a("GET", "info?exId="+url.QueryEscape(id), nil).Result.Options))

	// Change what is named, keep the rest.
	change := object{"customerUrn": urn, "lastName": "Roe"}
	fmt.Println(c2a("POST", "update", object{"customer": change}).Result.Version)

	// Erase the person.
	fmt.Println(c2a("POST", "delete", object{"customerUuid": urn}).Status.MessageCode)
}
