package world

import (
	"fmt"
	"time"

	autoscalingv2 "k8s.io/api/autoscaling/v2"
	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	defaults "k8s.io/kubernetes/pkg/apis/autoscaling/v2"
)

// The names of everything: one HPA and its target, in one namespace.
const (
	Namespace  = "ns"
	HPAName    = "hpa"
	RivalName  = "other-hpa"
	TargetName = "target"
	Key        = Namespace + "/" + HPAName
	Selector   = "app=target"
)

var podLabels = map[string]string{"app": "target"}

// hpaOf builds the HPA object as the API server would return it: `behavior` has its defaults.
func hpaOf(situation *Situation) *autoscalingv2.HorizontalPodAutoscaler {
	target := Target{APIVersion: "apps/v1", Kind: "Deployment"}
	if situation.ScaleTarget != nil {
		target = *situation.ScaleTarget
	}
	hpa := &autoscalingv2.HorizontalPodAutoscaler{
		ObjectMeta: metav1.ObjectMeta{Namespace: Namespace, Name: HPAName},
		Spec: autoscalingv2.HorizontalPodAutoscalerSpec{
			ScaleTargetRef: autoscalingv2.CrossVersionObjectReference{
				APIVersion: target.APIVersion, Kind: target.Kind, Name: TargetName,
			},
			MinReplicas: situation.MinReplicas,
			MaxReplicas: situation.MaxReplicas,
			Behavior:    behaviorOf(situation.Behavior),
		},
		Status: statusOf(situation),
	}
	for _, metric := range situation.Metrics {
		hpa.Spec.Metrics = append(hpa.Spec.Metrics, metricOf(metric))
	}
	defaults.SetDefaults_HorizontalPodAutoscalerBehavior(hpa)
	return hpa
}

func statusOf(situation *Situation) autoscalingv2.HorizontalPodAutoscalerStatus {
	previous := situation.PreviousStatus
	if previous == nil {
		return autoscalingv2.HorizontalPodAutoscalerStatus{
			CurrentReplicas: situation.SpecReplicas, DesiredReplicas: situation.SpecReplicas,
		}
	}
	status := autoscalingv2.HorizontalPodAutoscalerStatus{
		CurrentReplicas: previous.CurrentReplicas, DesiredReplicas: previous.DesiredReplicas,
	}
	for _, condition := range previous.Conditions {
		status.Conditions = append(status.Conditions, autoscalingv2.HorizontalPodAutoscalerCondition{
			Type:    autoscalingv2.HorizontalPodAutoscalerConditionType(condition.Type),
			Status:  v1.ConditionStatus(condition.Status),
			Reason:  condition.Reason,
			Message: condition.Message,
		})
	}
	return status
}

func behaviorOf(behavior *Behavior) *autoscalingv2.HorizontalPodAutoscalerBehavior {
	if behavior == nil {
		return nil
	}
	return &autoscalingv2.HorizontalPodAutoscalerBehavior{
		ScaleUp: rulesOf(behavior.ScaleUp), ScaleDown: rulesOf(behavior.ScaleDown),
	}
}

func rulesOf(rules *Rules) *autoscalingv2.HPAScalingRules {
	if rules == nil {
		return nil
	}
	made := &autoscalingv2.HPAScalingRules{StabilizationWindowSeconds: rules.Window}
	if rules.SelectPolicy != nil {
		policy := autoscalingv2.ScalingPolicySelect(*rules.SelectPolicy)
		made.SelectPolicy = &policy
	}
	if rules.Tolerance != nil {
		made.Tolerance = toleranceOf(string(*rules.Tolerance))
	}
	for _, policy := range rules.Policies {
		made.Policies = append(made.Policies, autoscalingv2.HPAScalingPolicy{
			Type: autoscalingv2.HPAScalingPolicyType(policy.Type), Value: policy.Value, PeriodSeconds: policy.PeriodSeconds,
		})
	}
	return made
}

// toleranceOf reads a quantity and reads its canonical text again, which is what the API server stores.
func toleranceOf(text string) *resource.Quantity {
	written := resource.MustParse(text)
	stored := resource.MustParse(written.String())
	return &stored
}

func metricOf(metric Metric) autoscalingv2.MetricSpec {
	spec := autoscalingv2.MetricSpec{Type: autoscalingv2.MetricSourceType(metric.Type)}
	target := targetOf(metric.Target)
	identifier := autoscalingv2.MetricIdentifier{Name: metric.Name}
	if metric.Selector != nil {
		identifier.Selector = &metav1.LabelSelector{MatchLabels: metric.Selector.MatchLabels}
	}
	switch spec.Type {
	case autoscalingv2.ResourceMetricSourceType:
		spec.Resource = &autoscalingv2.ResourceMetricSource{Name: v1.ResourceName(metric.Name), Target: target}
	case autoscalingv2.ContainerResourceMetricSourceType:
		spec.ContainerResource = &autoscalingv2.ContainerResourceMetricSource{
			Name: v1.ResourceName(metric.Name), Container: metric.Container, Target: target,
		}
	case autoscalingv2.PodsMetricSourceType:
		spec.Pods = &autoscalingv2.PodsMetricSource{Metric: identifier, Target: target}
	case autoscalingv2.ObjectMetricSourceType:
		described := autoscalingv2.CrossVersionObjectReference{Kind: metric.DescribedKind, Name: "described"}
		spec.Object = &autoscalingv2.ObjectMetricSource{DescribedObject: described, Metric: identifier, Target: target}
	case autoscalingv2.ExternalMetricSourceType:
		spec.External = &autoscalingv2.ExternalMetricSource{Metric: identifier, Target: target}
	}
	return spec
}

func targetOf(target MetricTarget) autoscalingv2.MetricTarget {
	return autoscalingv2.MetricTarget{
		Type:               autoscalingv2.MetricTargetType(target.Type),
		AverageUtilization: target.AverageUtilization,
		AverageValue:       quantityOf(target.AverageValue),
		Value:              quantityOf(target.Value),
	}
}

func quantityOf(milli *Milli) *resource.Quantity {
	if milli == nil {
		return nil
	}
	return resource.NewMilliQuantity(int64(*milli), resource.DecimalSI)
}

func podOf(index int, pod *Pod, now time.Time) *v1.Pod {
	made := &v1.Pod{
		ObjectMeta: metav1.ObjectMeta{Namespace: Namespace, Name: fmt.Sprintf("pod-%d", index), Labels: podLabels},
		Status:     v1.PodStatus{Phase: v1.PodPhase(pod.Phase)},
	}
	if pod.Deleted {
		made.DeletionTimestamp = &metav1.Time{Time: now}
	}
	if pod.StartedAgo != nil {
		made.Status.StartTime = &metav1.Time{Time: now.Add(-Age(*pod.StartedAgo))}
	}
	if status := readyOf(pod.Ready); status != "" {
		condition := v1.PodCondition{Type: v1.PodReady, Status: status}
		if pod.ReadyTransitionAgo != nil {
			condition.LastTransitionTime = metav1.Time{Time: now.Add(-Age(*pod.ReadyTransitionAgo))}
		}
		made.Status.Conditions = []v1.PodCondition{condition}
	}
	if pod.Containers == nil {
		made.Spec.Containers = []v1.Container{containerOf("main", pod.Requests)}
	}
	for _, container := range pod.Containers {
		made.Spec.Containers = append(made.Spec.Containers, containerOf(container.Name, container.Requests))
	}
	for _, init := range pod.InitContainers {
		container := containerOf(init.Name, init.Requests)
		if init.RestartPolicy != "" {
			policy := v1.ContainerRestartPolicy(init.RestartPolicy)
			container.RestartPolicy = &policy
		}
		made.Spec.InitContainers = append(made.Spec.InitContainers, container)
	}
	if pod.PodLevelRequests != nil {
		made.Spec.Resources = &v1.ResourceRequirements{Requests: listOf(pod.PodLevelRequests)}
	}
	return made
}

// readyOf is empty where the pod has no Ready condition.
func readyOf(ready []byte) v1.ConditionStatus {
	switch string(ready) {
	case "true":
		return v1.ConditionTrue
	case "false":
		return v1.ConditionFalse
	case `"unknown"`:
		return v1.ConditionUnknown
	}
	return ""
}

func containerOf(name string, requests Requests) v1.Container {
	return v1.Container{Name: name, Resources: v1.ResourceRequirements{Requests: listOf(requests)}}
}

func listOf(requests Requests) v1.ResourceList {
	list := v1.ResourceList{}
	for name, text := range requests {
		list[v1.ResourceName(name)] = resource.MustParse(text)
	}
	return list
}
