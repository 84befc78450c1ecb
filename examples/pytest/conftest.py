import json
import os
import signal
import subprocess

import boto3
import pytest


@pytest.fixture(scope="session")
def ecr_local():
    """The addresses of an emulator that runs as long as the session."""
    command = ["npx", "ecr-local", "start", "--port", "0", "--store", "memory"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True)
    try:
        # It prints a line of JSON as soon as it serves requests.
        yield next(line for line in map(json.loads, process.stdout) if line["msg"] == "ready")
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait()


@pytest.fixture
def ecr(ecr_local):
    return boto3.client(
        "ecr",
        endpoint_url=ecr_local["endpoint"],
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )
