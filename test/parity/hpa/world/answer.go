package world

import (
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	"k8s.io/apimachinery/pkg/api/resource"
)

// Event is one event in the order of recording.
type Event struct {
	Type    string `json:"type"`
	Reason  string `json:"reason"`
	Message string `json:"message"`
}

// Kept is what the controller remembers after the decision; nil recommendations: it has no list.
type Kept struct {
	Recommendations []Replicas
	ScaleEvents     ScaleEvents
}

// Expected is what the HPA did in a situation.
type Expected struct {
	Replicas              int32           `json:"replicas"`
	Rescaled              bool            `json:"rescaled"`
	DesiredReplicasStatus int32           `json:"desiredReplicasStatus"`
	CurrentReplicasStatus int32           `json:"currentReplicasStatus"`
	StatusWritten         bool            `json:"statusWritten"`
	Conditions            []Condition     `json:"conditions"`
	Events                []Event         `json:"events"`
	RecommendationsAfter  []Replicas      `json:"recommendationsAfter"`
	ScaleEventsAfter      ScaleEvents     `json:"scaleEventsAfter"`
	CurrentMetrics        []*MetricStatus `json:"currentMetrics"`
	ActionLabel           string          `json:"actionLabel"`
	ErrorLabel            string          `json:"errorLabel"`
	Error                 *string         `json:"error"`
}

// MetricStatus is one entry of the status; nil where the metric failed.
type MetricStatus struct {
	Type      string  `json:"type"`
	Name      string  `json:"name"`
	Container string  `json:"container,omitempty"`
	Current   Current `json:"current"`
}

type Current struct {
	AverageUtilization *int32 `json:"averageUtilization,omitempty"`
	AverageValue       *Milli `json:"averageValueMilli,omitempty"`
	Value              *Milli `json:"valueMilli,omitempty"`
}

// Answer tells what became of the world once the controller ended with `err`.
func (w *World) Answer(kept Kept, err error) Expected {
	status := &w.HPA.Status
	if w.status != nil {
		status = w.status
	}
	answer := Expected{
		Replicas:              w.situation.SpecReplicas,
		Rescaled:              w.written != nil,
		DesiredReplicasStatus: status.DesiredReplicas,
		CurrentReplicasStatus: status.CurrentReplicas,
		StatusWritten:         w.status != nil,
		Conditions:            conditionsOf(status.Conditions),
		Events:                append([]Event{}, w.events...),
		RecommendationsAfter:  kept.Recommendations,
		ScaleEventsAfter:      kept.ScaleEvents,
		CurrentMetrics:        metricStatuses(status.CurrentMetrics),
		ActionLabel:           string(w.action),
		ErrorLabel:            string(w.failure),
	}
	if w.written != nil {
		answer.Replicas = *w.written
	}
	if err != nil {
		text := sortedRivals(err.Error())
		answer.Error = &text
	}
	return answer
}

func conditionsOf(conditions []autoscalingv2.HorizontalPodAutoscalerCondition) []Condition {
	list := []Condition{}
	for _, condition := range conditions {
		list = append(list, Condition{
			Type: string(condition.Type), Status: string(condition.Status), Reason: condition.Reason,
			Message: sortedRivals(condition.Message),
		})
	}
	return list
}

func metricStatuses(statuses []autoscalingv2.MetricStatus) []*MetricStatus {
	list := []*MetricStatus{}
	for _, status := range statuses {
		list = append(list, metricStatus(status))
	}
	return list
}

func metricStatus(status autoscalingv2.MetricStatus) *MetricStatus {
	made := MetricStatus{Type: string(status.Type)}
	switch {
	case status.Resource != nil:
		made.Name, made.Current = string(status.Resource.Name), currentOf(status.Resource.Current)
	case status.ContainerResource != nil:
		made.Name, made.Current = string(status.ContainerResource.Name), currentOf(status.ContainerResource.Current)
		made.Container = status.ContainerResource.Container
	case status.Pods != nil:
		made.Name, made.Current = status.Pods.Metric.Name, currentOf(status.Pods.Current)
	case status.Object != nil:
		made.Name, made.Current = status.Object.Metric.Name, currentOf(status.Object.Current)
	case status.External != nil:
		made.Name, made.Current = status.External.Metric.Name, currentOf(status.External.Current)
	default:
		return nil
	}
	return &made
}

func currentOf(status autoscalingv2.MetricValueStatus) Current {
	return Current{
		AverageUtilization: status.AverageUtilization,
		AverageValue:       milliOf(status.AverageValue),
		Value:              milliOf(status.Value),
	}
}

func milliOf(quantity *resource.Quantity) *Milli {
	if quantity == nil {
		return nil
	}
	milli := Milli(quantity.MilliValue())
	return &milli
}
