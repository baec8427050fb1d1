import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.UUID;

class Customers {
    static final String URL = setting("AZOTTE_URL", "http://127.0.0.1:8080");
    static final String TENANT = setting("AZOTTE_TENANT", "e2a1c7b2-4f3a-4b8e-9c2d-1a2b3c4d5e6f");
    static final String KEY = setting("AZOTTE_KEY", "sk_dev_acme_sample_123456789");
    static final HttpClient CLIENT = HttpClient.newHttpClient();

    static String post(String endpoint, String json) throws Exception {
        return send(request(endpoint).header("Content-Type", "application/json").POST(BodyPublishers.ofString(json)));
    }

    static HttpRequest.Builder request(String endpoint) {
        URI uri = URI.create(URL + "/api/v1/c2a/customer/" + endpoint);
        return HttpRequest.newBuilder(uri).header("x-tn", TENANT).header("x-api-key", KEY);
    }

    static String send(HttpRequest.Builder request) throws Exception {
        HttpResponse<String> response = CLIENT.send(request.build(), BodyHandlers.ofString());
        if (response.statusCode() != 200) {
            throw new IllegalStateException(response.statusCode() + " " + response.body());
        }
        return response.body();
    }

    static String setting(String name, String otherwise) {
        return System.getenv().getOrDefault(name, otherwise);
    }

    public static void main(String[] arguments) throws Exception {
        String id = "java-" + UUID.randomUUID();

        // Is the identifier free?
        System.out.println(post("validate", """
            { "externalId": "%s" }""".formatted(id)));

        // Store the customer; the answer holds the URN every other service asks for.
        System.out.println(post("store", """
            {
              "customer": {
                "externalIdentifier": "%1$s",
                "email": "%1$s@example.com",
                "firstName": "Jane",
                "lastName": "Doe"
              },
              "claimedRegion": { "countryCode": "DE", "languageCode": "de" }
            }""".formatted(id)));

        // Look it up.
        System.out.println(send(request("info?exId=" + id).GET()));

        // Change what is named, keep the rest.
        System.out.println(post("update", """
            { "customer": { "externalIdentifier": "%s", "lastName": "Roe" } }""".formatted(id)));

        // Erase the person.
        System.out.println(post("delete", """
            { "externalIdentifier": "%s" }""".formatted(id)));
    }
}
