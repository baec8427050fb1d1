using System.Net.Http.Json;
using System.Text.Json;

static string Setting(string name, string otherwise) => Environment.GetEnvironmentVariable(name) ?? otherwise;

var url = Setting("AZOTTE_URL", "http://127.0.0.1:8080");
using var http = new HttpClient { BaseAddress = new Uri($"{url}/api/v1/c2a/customer/") };
http.DefaultRequestHeaders.Add("x-tn", Setting("AZOTTE_TENANT", "e2a1c7b2-4f3a-4b8e-9c2d-1a2b3c4d5e6f"));
http.DefaultRequestHeaders.Add("x-api-key", Setting("AZOTTE_KEY", "sk_dev_acme_sample_123456789"));

async Task<JsonElement> Read(HttpResponseMessage response)
{
    var text = await response.Content.ReadAsStringAsync();
    if (!response.IsSuccessStatusCode) throw new HttpRequestException($"{(int)response.StatusCode} {text}");
    return JsonDocument.Parse(text).RootElement;
}

async Task<JsonElement> Post(string endpoint, object body) => await Read(await http.PostAsJsonAsync(endpoint, body));

var id = $"csharp-{Guid.NewGuid()}";

// Is the identifier free?
Console.WriteLine((await Post("validate", new { externalId = id })).GetProperty("isAvailable"));

// Store the customer; keep the URN, every other service asks for it.
var stored = await Post("store", new
{
    customer = new { externalIdentifier = id, email = $"{id}@example.com", firstName = "Jane", lastName = "Doe" },
    claimedRegion = new { countryCode = "DE", languageCode = "de" },
});
var urn = stored.GetProperty("result").GetProperty("customerUrn").GetString();
Console.WriteLine(urn);

// Look it up.
var found = await Read(await http.GetAsync($"info?exId={Uri.EscapeDataString(id)}"));
Console.WriteLine(found.GetProperty("result").GetProperty("options"));

// Change what is named, keep the rest.
var updated = await Post("update", new { customer = new { customerUrn = urn, lastName = "Roe" } });
Console.WriteLine(updated.GetProperty("result").GetProperty("version"));

// Erase the person.
var deleted = await Post("delete", new { customerUuid = urn });
Console.WriteLine(deleted.GetProperty("status").GetProperty("messageCode"));
