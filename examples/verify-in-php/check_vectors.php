<?php
declare(strict_types=1);

// Runs cloakroom.php over the test vectors: php check_vectors.php FOLDER. Exit code 0 when all agree.

require __DIR__ . '/assertion.php';

$folder = $argv[1];
$vectors = json_decode(file_get_contents("$folder/requests.json"), true, 512, JSON_THROW_ON_ERROR);
$windows = json_decode(file_get_contents("$folder/window-secrets.json"), true, 512, JSON_THROW_ON_ERROR);
$assertions = json_decode(file_get_contents("$folder/assertions.json"), true, 512, JSON_THROW_ON_ERROR);
$missing = array_filter(['OKP' => 'sodium_crypto_sign_verify_detached', 'EC' => 'openssl_verify'], fn(string $name) => !function_exists($name));
foreach ($missing as $name) echo "without $name: cases of that algorithm are left out\n";
$ran = 0;
$wrong = [];

foreach ($vectors['cases'] as $case) {
    $written = implode(' ', array_map(fn(array $line) => $line[0] === 'signature-input' ? $line[1] : '', $case['request']['fields']));
    foreach ($vectors['keys'] as $key) if (isset($missing[$key['kty']]) && str_contains($written, $key['kid'])) continue 2;
    $ran++;
    $sent = $case['request'];
    $request = new Cloakroom\Request($sent['method'], $sent['authority'], $sent['path'], $sent['query'], $sent['fields'], base64_decode($case['content'] ?? ''));
    $spend = fn(string $keyid, string $nonce): bool => !in_array($nonce, $case['spent'], true);
    try {
        Cloakroom\verify($request, $vectors['keys'], $vectors['authority'], $spend, $vectors['now']);
        $outcome = 'accepted';
    } catch (Cloakroom\Refused $refusal) {
        $outcome = $refusal->getMessage();
    }
    if (($outcome === 'accepted') !== ($case['expect'] === 'accepted')) $wrong[] = "{$case['name']}: expected {$case['expect']}, got $outcome";
}

$root = base64_decode($windows['root']);
foreach ($windows['cases'] as $each) {
    $ran++;
    if (Cloakroom\window_secret($root, $each['windowSeconds'], $each['at']) !== $each['secret']) $wrong[] = "window secret at {$each['at']}";
}
foreach ($windows['accepts'] as $each) {
    $ran++;
    $accepted = Cloakroom\accepts_window_secret($each['secret'], $root, $each['windowSeconds'], $each['at'], $each['tolerance']);
    if ($accepted !== $each['accepted']) $wrong[] = "window acceptance at {$each['at']}";
}

foreach ($assertions['cases'] as $each) {
    $used = json_decode(base64_decode(strtr(explode('.', $each['jwt'])[0], '-_', '+/')), true)['kid'] ?? '';
    foreach ($assertions['keys'] as $key) if (isset($missing[$key['kty']]) && $key['kid'] === $used) continue 2;
    $ran++;
    try {
        Cloakroom\verify_assertion($each['jwt'], $assertions['keys'], $assertions['issuer'], $assertions['audience'], $assertions['now']);
        $accepted = true;
    } catch (Cloakroom\Refused) {
        $accepted = false;
    }
    if ($accepted !== $each['accepted']) $wrong[] = "assertion {$each['name']}";
}

foreach ($wrong as $line) echo "$line\n";
printf("%d of %d vectors agree\n", $ran - count($wrong), $ran);
exit($wrong === [] && $ran > 0 ? 0 : 1);
