"""List prices of AWS in us-east-1, in dollars: first steps, without the free ones. The one place where they stand."""

AS_OF = "November 2026"

LAMBDA_GB_SECOND = 0.0000133334
"""arm64. https://aws.amazon.com/lambda/pricing/"""
LAMBDA_REQUEST = 0.20e-6
LAMBDA_STREAMED_GB = 0.008
"""Of an answer's bytes after its first 6 MB."""
LAMBDA_SNAPSHOT_GB = 3.95
"""SnapStart's snapshots, a GB of the function's memory and month."""
GATEWAY_REQUEST = 3.50e-6
"""A REST API's. A streamed answer counts one for each 10 MB begun. https://aws.amazon.com/api-gateway/pricing/"""
TABLE_WRITE_UNIT = 0.625e-6
"""On demand. https://aws.amazon.com/dynamodb/pricing/on-demand/"""
TABLE_READ_UNIT = 0.125e-6
TABLE_GB = 0.25
TABLE_BACKUP_GB = 0.20
"""Point-in-time recovery."""
BUCKET_PUT = 5e-6
"""https://aws.amazon.com/s3/pricing/"""
BUCKET_GET = 0.40e-6
BUCKET_GB = 0.023
LOG_GB = 0.50
"""Taken in. https://aws.amazon.com/cloudwatch/pricing/"""
ALARM = 0.10
DASHBOARD = 3.00
METRIC = 0.30
"""A month in each of whose hours it is written; less in proportion."""
TRACE = 5e-6
"""https://aws.amazon.com/xray/pricing/"""
SECRET = 0.40
SECRET_CALL = 0.05e-4
"""https://aws.amazon.com/secrets-manager/pricing/"""
OUT_GB = 0.09
"""Into the internet. https://aws.amazon.com/ec2/pricing/on-demand/"""

FARGATE_VCPU_HOUR = 0.03238
"""arm64. https://aws.amazon.com/fargate/pricing/"""
FARGATE_GB_HOUR = 0.00356
BALANCER_HOUR = 0.0225
"""An Application Load Balancer, without its capacity units."""
MANAGED_INSTANCE_HOUR = 0.0816
"""An m7g.large of EC2 (2 vCPU, 8 GB), which Lambda manages."""
MANAGED_FEE = 0.15
"""Of the instance's price, for managing it."""

GATEWAY_STEP_BYTES = 10_000_000
STREAMED_FREE_BYTES = 6_000_000
LITELLM_MONTH = 378.0
"""An always-on LiteLLM: AWS's guidance "Multi-Provider Generative AI Gateway on AWS", its own estimate."""
