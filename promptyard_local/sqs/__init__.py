"""SQS inside this process: the few methods of boto3's client that are used, over queues in memory. Moto and the tests'
random operations are its referee."""
