// Starts Swagger UI on the chosen document. What may be filled in, the server says: nothing where keys are live.
"use strict";

(async () => {
  const documents = { c2a: "/openapi/c2a.json", partner: "/openapi/partner.json" };
  const asked = new URLSearchParams(location.search).get("document");
  const chosen = Object.hasOwn(documents, asked) ? asked : "c2a";
  document.querySelector(`nav a[href="?document=${chosen}"]`).setAttribute("aria-current", "page");

  const config = await (await fetch("config.json")).json();
  document.getElementById("environment").textContent = config.environment;
  const parameters = config.parameters ?? {};

  // What was stored once would be a conflict the next time: identities of this page's own, the same in all examples.
  const now = Date.now();
  const unique = {
    "crm-9981273": `crm-${now}`,
    "jane.doe@example.com": `jane.doe.${now}@example.com`,
    "+49 170 1234567": `+49 170 ${String(now).slice(-7)}`,
  };
  const ofThisPage = (_, value) => (Object.hasOwn(unique, value) ? unique[value] : value);

  const fillIn = (text) => {
    const description = JSON.parse(text);
    const operations = Object.values(description.paths).flatMap((path) => Object.values(path));
    for (const media of operations.flatMap((operation) => Object.values(operation.requestBody?.content ?? {}))) {
      media.example = JSON.parse(JSON.stringify(media.example), ofThisPage);
    }
    for (const parameter of operations.flatMap((operation) => operation.parameters ?? [])) {
      if (Object.hasOwn(parameters, parameter.name)) parameter.example = parameters[parameter.name];
    }
    return JSON.stringify(description);
  };

  const ui = SwaggerUIBundle({
    url: documents[chosen],
    dom_id: "#document",
    deepLinking: true,
    defaultModelsExpandDepth: 0,
    displayRequestDuration: true,
    tryItOutEnabled: true,
    validatorUrl: null,
    responseInterceptor: async (response) => {
      if (response.ok && response.url.endsWith(documents[chosen])) response.text = fillIn(response.text);
      // `application/clientOutput+Json` is JSON, but not to a reader that knows it in lower case only.
      if (response.data instanceof Blob) response.text = response.data = await response.data.text();
      return response;
    },
    onComplete: () => {
      if (chosen === "c2a" && config.apiKey) ui.preauthorizeApiKey("apiKey", config.apiKey);
      if (chosen === "partner" && config.token) ui.preauthorizeApiKey("bearer", config.token);
    },
  });
})();
