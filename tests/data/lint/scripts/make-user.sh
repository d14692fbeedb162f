#!/bin/sh
useradd --system acme
