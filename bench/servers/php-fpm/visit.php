<?php
// Counts the visits of a session, and tells what was uploaded.
session_start();
$_SESSION['visits'] = ($_SESSION['visits'] ?? 0) + 1;
header('Content-Type: text/plain');
$upload = $_FILES['upload'] ?? null;
$digest = $upload && $upload['error'] === UPLOAD_ERR_OK ? hash_file('sha256', $upload['tmp_name']) : 'none';
echo "visit {$_SESSION['visits']}, upload {$digest}\n";
