#!/bin/sh
# Registers the job, and submits it as an array of N tasks, each of which is a shard: submit.sh 4
# (AWS Batch takes 2 to 10,000). QUEUE is the job queue.
set -eu
aws batch register-job-definition --cli-input-json file://job-definition.json
aws batch submit-job --job-name mtb --job-definition mtb --job-queue "${QUEUE:?}" \
  --array-properties "size=$1"
