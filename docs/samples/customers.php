<?php

function c2a(string $endpoint, ?array $body = null): array
{
    $url = getenv('AZOTTE_URL') ?: 'http://127.0.0.1:8080';
    $headers = [
        'x-tn: ' . (getenv('AZOTTE_TENANT') ?: 'e2a1c7b2-4f3a-4b8e-9c2d-1a2b3c4d5e6f'),
        'x-api-key: ' . (getenv('AZOTTE_KEY') ?: 'sk_dev_acme_sample_123456789'),
    ];
    $curl = curl_init("$url/api/v1/c2a/customer/$endpoint");
    curl_setopt($curl, CURLOPT_RETURNTRANSFER, true);
    if ($body !== null) {
        $headers[] = 'Content-Type: application/json';
        curl_setopt($curl, CURLOPT_POSTFIELDS, json_encode($body, JSON_THROW_ON_ERROR));
    }
    curl_setopt($curl, CURLOPT_HTTPHEADER, $headers);
    $answer = curl_exec($curl);
    $status = curl_getinfo($curl, CURLINFO_RESPONSE_CODE);
    if ($status !== 200) {
        throw new RuntimeException("$endpoint: $status $answer" . curl_error($curl));
    }
    return json_decode($answer, true, flags: JSON_THROW_ON_ERROR);
}

$id = 'php-' . bin2hex(random_bytes(8));

// Is the identifier free?
var_dump(c2a('validate', ['externalId' => $id])['isAvailable']);

// Store the customer; keep the URN, every other service asks for it.
$stored = c2a('store', [
    'customer' => [
        'externalIdentifier' => $id,
        'email' => "$id@example.com",
        'firstName' => 'Jane',
        'lastName' => 'Doe',
    ],
    'claimedRegion' => ['countryCode' => 'DE', 'languageCode' => 'de'],
]);
$urn = $stored['result']['customerUrn'];
echo $urn, PHP_EOL;

// Look it up.
echo json_encode(c2a('info?exId=' . rawurlencode($id))['result']['options']), PHP_EOL;

// Change what is named, keep the rest.
echo c2a('update', ['customer' => ['customerUrn' => $urn, 'lastName' => 'Roe']])['result']['version'], PHP_EOL;

// Erase the person.
echo c2a('delete', ['customerUuid' => $urn])['status']['messageCode'], PHP_EOL;
