"""Logs, alarms, the dashboard, topics and the trail."""

import json

from .clients import Clients
from .words import as_map, document, lower, tag_list, tag_map


class Observability(Clients):
    def make_Logs_LogGroup(self, properties):
        name = properties["LogGroupName"]
        key = {"kmsKeyId": properties["KmsKeyId"]} if "KmsKeyId" in properties else {}
        self.logs.create_log_group(logGroupName=name, tags=as_map(properties["Tags"]), **key)
        self.logs.put_retention_policy(logGroupName=name, retentionInDays=properties["RetentionInDays"])
        return name

    def read_Logs_LogGroup(self, id, _):
        groups = self.logs.describe_log_groups(logGroupNamePrefix=id)["logGroups"]
        for group in groups:
            if group["logGroupName"] == id:
                tags = tag_map(self.logs.list_tags_log_group(logGroupName=id)["tags"])
                return {name[0].upper() + name[1:]: value for name, value in group.items()} | {"Tags": tags}
        return None

    def make_Logs_MetricFilter(self, properties):
        transformations = [
            {lower(name): value for name, value in each.items()} for each in properties["MetricTransformations"]
        ]
        for each in transformations:
            if "dimensions" in each:
                each["dimensions"] = as_map(each["dimensions"])
        call = {lower(name): value for name, value in properties.items()}
        self.logs.put_metric_filter(**call | {"metricTransformations": transformations})
        return properties["FilterName"]

    def read_Logs_MetricFilter(self, id, properties):
        upper = lambda each: {name[0].upper() + name[1:]: value for name, value in each.items()}
        filters = self.logs.describe_metric_filters(logGroupName=properties["LogGroupName"])["metricFilters"]
        for found in filters:
            if found["filterName"] == id:
                transformations = [upper(each) for each in found["metricTransformations"]]
                for each in transformations:
                    each["Dimensions"] = [{"Key": key, "Value": value} for key, value in each.get("Dimensions", {}).items()]
                return upper(found) | {"MetricTransformations": transformations}
        return None

    def make_CloudWatch_Alarm(self, properties):
        self.cloudwatch.put_metric_alarm(**properties)
        return properties["AlarmName"]

    def read_CloudWatch_Alarm(self, id, _):
        alarms = self.cloudwatch.describe_alarms(AlarmNames=[id])["MetricAlarms"]
        if not alarms:
            return None
        tags = self.cloudwatch.list_tags_for_resource(ResourceARN=alarms[0]["AlarmArn"])["Tags"]
        return alarms[0] | {"Tags": tag_list(tags)}

    def make_CloudWatch_Dashboard(self, properties):
        self.cloudwatch.put_dashboard(**properties)
        return properties["DashboardName"]

    def read_CloudWatch_Dashboard(self, id, _):
        there = self.cloudwatch.get_dashboard(DashboardName=id)
        tags = self.cloudwatch.list_tags_for_resource(ResourceARN=there["DashboardArn"])["Tags"]
        return there | ({"Tags": tag_list(tags)} if tags else {})

    def make_SNS_Topic(self, properties):
        key = {"KmsMasterKeyId": properties["KmsMasterKeyId"]} if "KmsMasterKeyId" in properties else {}
        made = self.sns.create_topic(Name=properties["TopicName"], Attributes=key, Tags=properties["Tags"])
        return made["TopicArn"]

    def read_SNS_Topic(self, id, _):
        attributes = self.sns.get_topic_attributes(TopicArn=id)["Attributes"]
        tags = tag_list(self.sns.list_tags_for_resource(ResourceArn=id)["Tags"])
        return attributes | {"Tags": tags, "TopicName": attributes["TopicArn"].split(":")[-1]}

    def make_SNS_TopicPolicy(self, properties):
        for topic in properties["Topics"]:
            text = json.dumps(properties["PolicyDocument"])
            self.sns.set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue=text)
        return properties["Topics"][0]

    def read_SNS_TopicPolicy(self, id, properties):
        policy = self.sns.get_topic_attributes(TopicArn=id)["Attributes"]["Policy"]
        return {"PolicyDocument": document(policy), "Topics": properties["Topics"]}

    def make_CloudTrail_Trail(self, properties):
        call = dict(properties)
        name, selectors = call.pop("TrailName"), call.pop("AdvancedEventSelectors", None)
        logging, tags = call.pop("IsLogging"), call.pop("Tags")
        if "KMSKeyId" in call:
            call["KmsKeyId"] = call.pop("KMSKeyId")
        self.cloudtrail.create_trail(Name=name, TagsList=tags, **call)
        if selectors:
            self.cloudtrail.put_event_selectors(TrailName=name, AdvancedEventSelectors=selectors)
        if logging:
            self.cloudtrail.start_logging(Name=name)
        return name

    def read_CloudTrail_Trail(self, id, _):
        trail = self.cloudtrail.get_trail(Name=id)["Trail"]
        [tags] = self.cloudtrail.list_tags(ResourceIdList=[trail["TrailARN"]])["ResourceTagList"]
        there = {
            "TrailName": trail["Name"],
            "EnableLogFileValidation": trail["LogFileValidationEnabled"],
            "IsLogging": self.cloudtrail.get_trail_status(Name=id)["IsLogging"],
            "AdvancedEventSelectors": self.cloudtrail.get_event_selectors(TrailName=id).get("AdvancedEventSelectors"),
            "KMSKeyId": trail.get("KmsKeyId"),
            "Tags": tag_list(tags["TagsList"]),
        }
        return trail | there
