#!/bin/bash
# Before each deployment: the volume for the sessions is attached, formatted where it is new, and mounted. VOLUME is a property of
# the environment; without it they lie on the instance's own disk, and go with it.
set -euo pipefail
home=/srv/racefacer
volume=$(/opt/elasticbeanstalk/bin/get-config environment -k VOLUME 2>/dev/null || true)
mkdir -p $home
if [[ -n $volume ]] && ! mountpoint -q $home; then
    at=http://169.254.169.254/latest
    token=$(curl -fsS -m 5 -X PUT -H 'X-aws-ec2-metadata-token-ttl-seconds: 60' $at/api/token)
    ask() { curl -fsS -m 5 -H "X-aws-ec2-metadata-token: $token" "$at/meta-data/$1"; }
    id=$(ask instance-id)
    region=$(ask placement/region)
    device=/dev/disk/by-id/nvme-Amazon_Elastic_Block_Store_${volume/-/}
    for ((i = 0; i < 60; i++)); do # the instance before this one may still have it
        [[ -e $device ]] && break
        aws --region "$region" ec2 attach-volume --volume-id "$volume" --instance-id "$id" --device /dev/sdf || true
        sleep 5
    done
    [[ -e $device ]]
    found=0
    blkid -p "$device" || found=$?
    ((found == 0 || found == 2)) # 2: there is nothing on it; else it cannot be read
    ((found == 0)) || mkfs.ext4 -q -L racefacer "$device"
    grep -q " $home " /etc/fstab || echo "UUID=$(blkid -p -s UUID -o value "$device") $home ext4 noatime,nofail 0 2" >>/etc/fstab
    mount $home
fi
install -d -o 10001 -g 10001 -m 0750 $home/storage
