#!/bin/bash
# Before each deployment: an image in ECR needs a login, which lasts for hours. IMAGE is a property of the environment.
set -euo pipefail
image=$(/opt/elasticbeanstalk/bin/get-config environment -k IMAGE 2>/dev/null || true)
if [[ $image == *.dkr.ecr.*.amazonaws.com/* ]]; then
    registry=${image%%/*}
    region=${registry#*.dkr.ecr.}
    region=${region%%.*}
    aws --region "$region" ecr get-login-password | docker login --username AWS --password-stdin "$registry"
fi
