#!/bin/sh
# Testcontainers for Java starts this path of LocalStack's image in place of an entry point.
[ $# -gt 0 ] || set -- start
exec node /app/container/ecr-local.js "$@"
