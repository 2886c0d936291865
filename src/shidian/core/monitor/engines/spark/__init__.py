"""Replay on a cluster that is there already: Apache Spark. The same answers, by digest.

`tiles` and `gathered` are what is computed on either side of the one shuffle, `work` is what
executors are asked for, `snapshot` and `replaying` are the driver's, `cluster` alone knows Spark.
"""
